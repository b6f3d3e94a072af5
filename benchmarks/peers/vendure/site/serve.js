// Answers the Shop API in as many processes as VENDURE_PROCESSES says, and does jobs in one more,
// until it is ended.

const cluster = require('node:cluster');
const { JobQueueService, bootstrap, bootstrapWorker } = require('@vendure/core');
const { config } = require('./config');

const parts = {
  web: () => bootstrap(config),
  jobs: async () => (await bootstrapWorker(config)).app.get(JobQueueService).start(),
};

function end(code) {
  Object.values(cluster.workers).forEach((worker) => worker.process.kill('SIGKILL'));
  process.exit(code);
}

if (cluster.isPrimary) {
  process.on('SIGTERM', () => end(0));
  cluster.on('exit', () => end(1));
  cluster.fork({ VENDURE_PART: 'jobs' });
  for (let left = Number(process.env.VENDURE_PROCESSES); left > 0; left -= 1) {
    cluster.fork({ VENDURE_PART: 'web' });
  }
} else {
  parts[process.env.VENDURE_PART]().catch((error) => {
    console.error(error);
    process.exit(1);
  });
}
