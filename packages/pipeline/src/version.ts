/** The version of everything between a chart and its judged answer: raised whenever render, parse, verify or check give another output for the same input. */
export const pipelineVersion = 1

/** The version of grading and counting: raised whenever the same answers and the same gold give other grades or figures. */
export const gradingVersion = 1
