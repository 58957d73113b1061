// LiveKit's own client: joins, publishes camera and microphone, and shows everybody.
import { parameters, script } from './common.js';

export const start = async () => {
  await script('livekit-client/dist/livekit-client.umd.js');
  const { DisconnectReason, Room, RoomEvent, Track } = window.LivekitClient;
  // What its options are is for the test to say (`RoomOptions`).
  const room = new Room(JSON.parse(parameters.options ?? '{}'));
  const client = Object.assign(window.client, { livekit: room, leave: () => room.disconnect() });
  // Remembered here: by the time that a track is said to be gone, it may have been taken from its element.
  const elements = new Map();
  room.on(RoomEvent.TrackSubscribed, track => {
    const element = track.attach();
    elements.set(track, element);
    if (track.kind === 'video') document.body.append(Object.assign(element, { width: 160 }));
  });
  room.on(RoomEvent.TrackUnsubscribed, track => {
    track.detach();
    elements.get(track)?.remove();
    elements.delete(track);
  });
  // A screen that is shared no more is muted by pages of ours, and nothing is left to see of it.
  room.on(RoomEvent.TrackMuted, ({ source, track }) => {
    if (source === Track.Source.ScreenShare) elements.get(track)?.remove();
  });
  room.on(RoomEvent.TrackUnmuted, ({ source, track }) => {
    if (source === Track.Source.ScreenShare) document.body.append(elements.get(track));
  });
  room.on(RoomEvent.Disconnected, reason => (client.disconnected = DisconnectReason[reason] ?? ''));
  await room.connect(parameters.server, parameters.token);
  await room.localParticipant.enableCameraAndMicrophone();
  return client;
};
