// Fills Vendure with the books of a file: `node fill.js books.jsonl found.json`; prints what the
// harness asks for. One facet value and one collection for each outermost subject, one product with
// one variant for each edition, by Vendure's own importer; then the index of its search is written.

const fs = require('node:fs');
const {
  ConfigService, FacetService, FacetValueService, FastImporterService, JobQueueService,
  LanguageCode, Populator, RequestContextService, SearchService, TaxCategory,
  TransactionalConnection, bootstrapWorker,
} = require('@vendure/core');
const { config } = require('./config');

const COPIES = 1_000_000;
const AT_ONCE = 8;
const languageCode = LanguageCode.en;
const SHOP = {
  defaultLanguage: languageCode,
  defaultZone: 'Europe',
  countries: [{ name: 'United Kingdom', code: 'GB', zone: 'Europe' }],
  taxRates: [{ name: 'Books', percentage: 0 }],
  shippingMethods: [{ name: 'Standard', price: 500 }],
  paymentMethods: [{
    name: 'Offline',
    handler: {
      code: 'dummy-payment-handler',
      arguments: [{ name: 'automaticSettle', value: 'false' }],
    },
  }],
};

const shelfOf = (book) => book.shelf || 'Other';
const codeOf = (name) => name.toLowerCase().replace(/[^a-z]+/g, '-');
const linesOf = (file) => fs.readFileSync(file, 'utf-8').trim().split('\n').map(JSON.parse);

async function shelvesOf(app, ctx, books) {
  const facet = await app.get(FacetService).create(ctx, {
    code: 'shelf', isPrivate: false, translations: [{ languageCode, name: 'Shelf' }],
  });
  const shelves = new Map();
  for (const name of [...new Set(books.map(shelfOf))].sort()) {
    const value = { code: codeOf(name), translations: [{ languageCode, name }] };
    shelves.set(name, (await app.get(FacetValueService).create(ctx, facet, value)).id);
  }
  return shelves;
}

async function importAll(app, ctx, books, shelves) {
  const importer = app.get(FastImporterService);
  const [tax] = await app.get(TransactionalConnection).getRepository(ctx, TaxCategory).find();
  await importer.initialize();
  const left = [...books].reverse();
  const work = async () => {
    for (let book = left.pop(); book; book = left.pop()) {
      const name = book.title;
      const productId = await importer.createProduct({
        enabled: true,
        facetValueIds: [shelves.get(shelfOf(book))],
        translations: [{
          languageCode, name, slug: `${name}-${book.isbn13}`,
          description: `<p>${book.author}</p><p>${book.description}</p>`,
        }],
      });
      await importer.createProductVariant({
        productId, sku: book.isbn13, price: Math.round(Number(book.price) * 100),
        taxCategoryId: tax.id, stockOnHand: COPIES, translations: [{ languageCode, name }],
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

// What is due of one kind of job; those of others wait.
async function doJobs(app, queueName) {
  const jobs = app.get(TransactionalConnection).rawConnection.getRepository('JobRecord');
  app.get(ConfigService).jobQueueOptions.activeQueues.push(queueName);
  await app.get(JobQueueService).start();
  do {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  } while (await jobs.count({ where: { queueName, isSettled: false } }));
  if (await jobs.count({ where: { state: 'FAILED' } })) throw new Error(`${queueName} failed.`);
}

async function addresses(connection, found) {
  const [largest] = await connection.query(`
    SELECT slug, count(*)::int AS books
    FROM collection_translation AS told
    JOIN collection_product_variants_product_variant AS held ON held."collectionId" = told."baseId"
    GROUP BY slug ORDER BY books DESC, slug LIMIT 1`);
  const books = await connection.query(`
    SELECT variant.id::text AS variant, told.slug FROM product_variant AS variant
    JOIN product_translation AS told ON told."baseId" = variant."productId"
    WHERE variant.sku = ANY($1) ORDER BY variant.sku`, [found.books.map((book) => book.isbn13)]);
  return { category: largest.slug, in_category: largest.books, books };
}

async function main(booksFile, foundFile) {
  const books = linesOf(booksFile);
  const { app } = await bootstrapWorker(config);
  const connection = app.get(TransactionalConnection).rawConnection;
  await app.get(Populator).populateInitialData(SHOP);
  const ctx = await app.get(RequestContextService).create({ apiType: 'admin', languageCode });
  const shelves = await shelvesOf(app, ctx, books);
  await importAll(app, ctx, books, shelves);
  const collections = [...shelves.keys()].map((name) => ({
    name,
    slug: codeOf(name),
    filters: [{
      code: 'facet-value-filter',
      args: { facetValueNames: [`shelf:${codeOf(name)}`], containsAny: false },
    }],
  }));
  await app.get(Populator).populateCollections({ ...SHOP, collections });
  await doJobs(app, 'apply-collection-filters');
  // A job for each book is due by now, to index it alone.
  await connection.query('DELETE FROM job_record');
  await app.get(SearchService).reindex(ctx);
  await doJobs(app, 'update-search-index');
  await connection.query('ANALYZE');
  const [{ indexed }] = await connection.query(
    'SELECT count(*)::int AS indexed FROM search_index_item',
  );
  if (indexed !== books.length) throw new Error(`${indexed} of ${books.length} are indexed.`);
  const found = JSON.parse(fs.readFileSync(foundFile, 'utf-8'));
  console.log(JSON.stringify(await addresses(connection, found)));
}

main(...process.argv.slice(2)).then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
