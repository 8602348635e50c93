import type { Config } from './config.ts';
import { DockerEngine } from './engine/docker/docker.ts';
import type { Engine } from './engine/engine.ts';
import { ProcessEngine } from './engine/process/process.ts';

/** The engine that the configuration asks for; nothing is contacted yet. */
export function createEngine(config: Config): Engine {
  switch (config.ENGINE) {
    case 'docker':
      return new DockerEngine({ host: config.DOCKER_HOST, network: config.DOCKER_NETWORK, imagePrefix: config.IMAGE_PREFIX });
    case 'process':
      return new ProcessEngine({ jobsFolder: config.JOBS_DIR });
    default: {
      const never: never = config.ENGINE;
      throw new Error(`unknown engine ${String(never)}`);
    }
  }
}
