// Our page as a person uses it: by what docs/dom-contract.md says. Nothing in the page knows of it.
document.addEventListener('DOMContentLoaded', () => {
  const find = selector => document.querySelector(selector);
  const until = async condition => {
    while (!condition()) await new Promise(resolve => setTimeout(resolve, 1));
  };
  const state = () => find('visavis-room')?.dataset.state;
  const write = (field, text) => {
    find(`input[name=${field}]`).value = text;
    for (const type of ['input', 'change'])
      find(`input[name=${field}]`).dispatchEvent(new Event(type, { bubbles: true }));
  };
  window.bench = {
    ready: until(() => state() === 'lobby' && find('[data-control=join]')),
    prepare: () => until(() => find('[data-control=camera]')?.dataset.sourceState === 'on'),
    join: room => {
      write('room', room);
      write('name', 'Ann');
      find('[data-control=join]').click();
    },
    leave: async () => {
      find('[data-control=leave]').click();
      await until(() => state() === 'left');
      find('[data-control=lobby]').click();
      await until(() => state() === 'lobby');
    },
  };
});
