import { describeEngine } from '../../gateway/src/engine/conformance.ts';
import { connectDocker } from '../../gateway/src/engine/docker/connect.ts';
import { DockerEngine } from '../../gateway/src/engine/docker/docker.ts';
import { TestImages } from './support/images.ts';

describeEngine('docker', { adopts: true, limits: true, isolates: true, keeps: true }, async () => {
  const docker = connectDocker();
  const images = new TestImages(docker);
  await images.build('conformance');
  await images.build('invalid');
  const newEngine = (): DockerEngine => new DockerEngine({ network: 'bridge', imagePrefix: images.prefix });
  return {
    engine: newEngine(),
    another: newEngine,
    job: 'conformance',
    invalidJob: 'invalid',
    unknownJobMend: './build-images.sh',
    outside: {
      inspect: async (handle) => JSON.stringify(await docker.getContainer(handle).inspect()),
      remove: async (handle) => void (await docker.getContainer(handle).remove({ force: true })),
    },
    cleanUp: () => images.remove(),
  };
});
