// Janus' own library, used as the VideoRoom demo of Janus uses it: one handle to publish, one to subscribe to everybody.
import { parameters, script, show } from './common.js';

const plugin = 'janus.plugin.videoroom';
const promised = act => new Promise((success, error) => act({ success, error }));

export const start = async () => {
  await script('webrtc-adapter/out/adapter.js');
  const { default: Janus } = await import('./janus-gateway/npm/dist/janus.es.js');
  const dependencies = Janus.useDefaultDependencies({ adapter: window.adapter });
  await new Promise(callback => Janus.init({ debug: ['error'], dependencies, callback }));
  let janus;
  await promised(callbacks => (janus = new Janus({ ...callbacks, server: parameters.server })));

  const room = Number(parameters.room);
  let privateId;
  let subscriber;
  const tracks = new Set();
  const subscribe = async publishers => {
    const streams = publishers.flatMap(({ id, streams }) => streams.map(({ mid }) => ({ feed: id, mid })));
    if (!streams.length) return;
    if (subscriber) return subscriber.send({ message: { request: 'subscribe', streams } });
    subscriber = await attach({
      // It is told of a track again whenever something comes after a pause.
      onremotetrack: (track, mid, on) => {
        if (!on || tracks.has(track)) return;
        tracks.add(track);
        const stream = new MediaStream([track]);
        if (track.kind === 'video') show(stream);
        else Object.assign(new Audio(), { srcObject: stream }).play().catch(() => {});
      },
      onmessage: async (_, jsep) => {
        if (!jsep) return;
        const answer = await promised(callbacks => subscriber.createAnswer({ ...callbacks, jsep }));
        subscriber.send({ message: { request: 'start' }, jsep: answer });
      },
    });
    subscriber.send({
      message: { request: 'join', room, ptype: 'subscriber', streams, use_msid: false, private_id: privateId },
    });
  };
  const attach = events => promised(callbacks => janus.attach({ plugin, ...events, ...callbacks }));

  const publisher = await attach({
    onmessage: async (message, jsep) => {
      if (message.videoroom === 'joined') {
        privateId = message.private_id;
        const sends = ['audio', 'video'].map(type => ({ type, capture: true, recv: false }));
        const offer = await promised(callbacks => publisher.createOffer({ ...callbacks, tracks: sends }));
        publisher.send({ message: { request: 'configure', audio: true, video: true }, jsep: offer });
      }
      if (message.publishers) subscribe(message.publishers);
      if (jsep) publisher.handleRemoteJsep({ jsep });
    },
  });
  publisher.send({ message: { request: 'join', room, ptype: 'publisher', display: parameters.name } });
  return { leave: () => publisher.send({ message: { request: 'leave' } }) };
};
