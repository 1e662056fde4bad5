// End-to-end encryption of a room: sound, picture and data packets.

/** Options of a livekit-client Room that encrypt with a passphrase which the server of the room does not have. */
export async function encryption({ ExternalE2EEKeyProvider }, key) {
  const keyProvider = new ExternalE2EEKeyProvider();
  await keyProvider.setKey(key);
  const source = new URL("../vendor/livekit-client.e2ee.worker.mjs", import.meta.url);
  return { keyProvider, worker: new Worker(source, { type: "module" }) };
}
