import Docker from 'dockerode';

/** The host's own address on a network of Docker's, by which containers reach servers of the benchmark's process. */
export async function hostAddress(network: string): Promise<string> {
  const { IPAM } = await new Docker().getNetwork(network).inspect();
  const address = IPAM?.Config?.[0]?.['Gateway'];
  if (address === undefined) throw new Error(`the network ${network} has no address of this host`);
  return address;
}
