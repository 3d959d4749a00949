import { customType } from 'drizzle-orm/pg-core'

/** Bytes, as Node's Buffer. */
export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })
