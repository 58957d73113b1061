// One room, where people are known by their names. It dies of a connection without its subprotocol, and of a number that
// it did not give.
import { webSocket } from './lib.mjs';

let nextId = Date.now();
const people = [];
const toAll = text => people.forEach(person => person.socket.send(text));
const tellUsers = () => toAll(JSON.stringify({ type: 'userlist', users: people.map(person => person.name) }));
const isTaken = (name, me) => people.some(person => person !== me && person.name === name);

webSocket().on('connection', socket => {
  if (socket.protocol !== 'json') throw new Error('a connection without the subprotocol json');
  const id = nextId++;
  people.push({ id, socket });
  socket.send(JSON.stringify({ type: 'id', id }));

  const rename = message => {
    const person = people.find(person => person.id === message.id);
    let name = message.name;
    for (let number = 1; isTaken(name, person); number++) name = message.name + number;
    if (name !== message.name) socket.send(JSON.stringify({ type: 'rejectusername', id: message.id, name }));
    person.name = name;
    tellUsers();
  };
  socket.on('message', data => {
    const message = JSON.parse(data);
    if (message.type === 'username') return rename(message);
    if (message.type === 'message') {
      message.name = people.find(person => person.id === message.id).name;
      message.text = message.text.replace(/(<([^>]+)>)/gi, '');
    }
    const text = JSON.stringify(message);
    if (message.target) people.find(person => person.name === message.target)?.socket.send(text);
    else toAll(text);
  });
  socket.on('close', () => {
    people.splice(people.findIndex(person => person.id === id), 1);
    tellUsers();
  });
});
