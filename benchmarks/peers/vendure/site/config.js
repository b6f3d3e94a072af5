// Vendure as its own installer sets it up with PostgreSQL, without the parts that draw pages for
// staff, send e-mails or store pictures; told its database and its port by the environment.

const {
  DefaultJobQueuePlugin, DefaultLogger, DefaultSchedulerPlugin, DefaultSearchPlugin, LogLevel,
  dummyPaymentHandler,
} = require('@vendure/core');

exports.config = {
  apiOptions: {
    hostname: '127.0.0.1',
    port: Number(process.env.VENDURE_PORT ?? 0),
    shopApiPath: 'shop-api',
    adminApiPath: 'admin-api',
  },
  authOptions: {
    tokenMethod: ['bearer', 'cookie'],
    superadminCredentials: { identifier: 'benchmark', password: 'benchmark' },
    cookieOptions: { secret: 'benchmark' },
  },
  dbConnectionOptions: {
    type: 'postgres',
    host: process.env.VENDURE_HOST,
    username: process.env.VENDURE_USER,
    database: process.env.VENDURE_DATABASE,
    synchronize: process.env.VENDURE_PART === 'fill',
  },
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  logger: new DefaultLogger({ level: LogLevel.Error }),
  plugins: [
    DefaultSchedulerPlugin.init(),
    DefaultJobQueuePlugin.init({ useDatabaseForBuffer: true }),
    DefaultSearchPlugin.init({ bufferUpdates: false, indexStockStatus: true }),
  ],
};
