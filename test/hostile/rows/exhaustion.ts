import { docker, eventually, runningContainer } from '../../support/docker.ts';
import type { Row } from '../support/row.ts';
import { wordsOf } from '../support/ask.ts';
import { type JobRow, jobRow, limits } from './of-job.ts';

const SHORT = limits({ timeAllowedSeconds: 2 });

const rows: JobRow[] = [
  { name: 'all the memory that there is', options: { do: 'memory' }, yaml: limits({ memoryMiB: 64 }), answered: '502 JOB_OUT_OF_MEMORY' },
  { name: '200 processes', options: { do: 'processes' }, answered: '502 PIDS_BOUNDED' },
  { name: '4 GiB in /tmp', options: { do: 'tmp' }, answered: '502 SCRATCH_FULL' },
  { name: '4 GiB in /dev/shm', options: { do: 'shm' }, answered: '502 SCRATCH_FULL' },
  { name: '300,000 open files', options: { do: 'descriptors' }, answered: '502 FILES_BOUNDED' },
  { name: 'a loop without end', options: { do: 'spin' }, yaml: SHORT, answered: '504 JOB_TIME_UP' },
  { name: 'it never reads its input', options: { do: 'deaf' }, yaml: SHORT, answered: '504 JOB_TIME_UP' },
  { name: 'it never ends, and ignores every signal', options: { do: 'stubborn' }, yaml: SHORT, answered: '504 JOB_TIME_UP' },
  { name: 'it publishes, closes its output and lives on', options: { do: 'silent' }, yaml: SHORT, answered: /^(200|504 JOB_TIME_UP)$/ },
];

const cancelled: Row = {
  name: 'it ignores every signal, and is cancelled',
  answered: '202; then 409 JOB_CANCELLED',
  act: async (stage) => {
    const pipeline = await stage.writeEvil({ do: 'stubborn' });
    const asked = await stage.ask('POST', `/api/ingesta/${pipeline}`, undefined, { Prefer: 'respond-async' });
    const run = String(asked.body['run']);
    stage.runs.push(run);
    await runningContainer(run);
    await stage.ask('DELETE', `/api/runs/${run}`);
    const ended = await eventually('its end', async () => {
      const { body } = await stage.ask('GET', `/api/runs/${run}`);
      return body['state'] === 'cancelled' && (body['error'] as { code?: string } | undefined);
    });
    return `${wordsOf(asked)}; then 409 ${ended.code}`;
  },
};

/** A container's bounds as Docker has them: no pipeline may give them away. */
const bounded: Row = {
  name: "its container's bounds, as Docker tells them",
  answered: 'as promised',
  act: async (stage) => {
    const pipeline = await stage.writeEvil({ do: 'sleep', seconds: 2 });
    const asked = await stage.ask('POST', `/api/ingesta/${pipeline}`, undefined, { Prefer: 'respond-async' });
    const run = String(asked.body['run']);
    stage.runs.push(run);
    const { HostConfig, Mounts, State, Image, Config } = await docker.getContainer((await runningContainer(run)).Id).inspect();
    const promises: Readonly<Record<string, boolean>> = {
      'not privileged': !HostConfig.Privileged && HostConfig.CapDrop?.join() === 'ALL' && !HostConfig.CapAdd,
      'no new privileges': HostConfig.SecurityOpt?.includes('no-new-privileges') === true,
      'read-only root': HostConfig.ReadonlyRootfs === true,
      'memory without swap': HostConfig.Memory === HostConfig.MemorySwap && (HostConfig.Memory ?? 0) > 0,
      'a bound of processes': (HostConfig.PidsLimit ?? 0) > 0,
      'a bound of files': HostConfig.Ulimits?.some(({ Name }) => Name === 'nofile') === true,
      'no mount of the host': Mounts.length === 0 && !HostConfig.Binds,
      'a private cgroup namespace': (HostConfig as { CgroupnsMode?: string }).CgroupnsMode === 'private',
      'the inspected image': Config.Image.startsWith('sha256:') || Config.Image === Image,
      'it runs': State.Running,
    };
    await eventually('its end', async () => String((await stage.ask('GET', `/api/runs/${run}`)).body['state']) === 'succeeded');
    const broken = Object.entries(promises).flatMap(([promise, kept]) => (kept ? [] : [promise]));
    return broken.length === 0 ? 'as promised' : `not: ${broken.join(', ')}`;
  },
};

/** A job that takes all that there is, or does not let go. */
export const EXHAUSTION: Row[] = [...rows.map(jobRow), cancelled, bounded];
