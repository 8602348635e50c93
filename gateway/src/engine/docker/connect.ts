import { Agent } from 'node:http';
import { inspect } from 'node:util';
import Docker from 'dockerode';

/** Where Docker listens when nothing else is said. */
export const LOCAL_SOCKET = 'unix:///var/run/docker.sock';

/** Opens a client for `unix:///path` or `tcp://host:port`; nothing is sent yet, so it works while Docker is down. */
export function connectDocker(host: string = LOCAL_SOCKET): Docker {
  // One connection per call: a kept-alive one breaks under the next call once the daemon was restarted, and a unix socket costs nothing.
  // docker-modem writes the options of each call out for its debug log, whether anybody reads it or not; the agent, with all of its sockets, would take milliseconds.
  const agent = Object.assign(new Agent({ keepAlive: false }), { [inspect.custom]: () => 'Agent' });
  // Named in full because docker-modem fills what is missing from DOCKER_HOST, which is for config.ts to read.
  if (host.startsWith('unix://')) {
    return new Docker({
      socketPath: host.slice('unix://'.length),
      host: undefined,
      port: undefined,
      protocol: 'http',
      agent,
    } as unknown as Docker.DockerOptions);
  }
  const { hostname, port } = new URL(host.replace(/^(http|tcp):/, 'http:'));
  return new Docker({ socketPath: undefined, host: hostname, port: Number(port || 2375), protocol: 'http', agent } as unknown as Docker.DockerOptions);
}
