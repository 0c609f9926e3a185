// Counts down how long something is held; once that has run out, goes on to the page that says so.
(() => {
  "use strict";
  const WARN_AT = 60;
  const held = document.querySelector(".held");
  const [shown, said] = [held.querySelector("[role=timer]"), held.querySelector("[role=status]")];
  // Not a count of ticks: a phone that sleeps skips them.
  const end = Date.now() + 1000 * Number(held.dataset.seconds);
  if (end <= Date.now()) return;
  let before = Infinity;

  const two = (number) => String(number).padStart(2, "0");

  function text(seconds) {
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    const rest = two(seconds % 60);
    return hours ? `${hours}:${two(minutes)}:${rest} left` : `${minutes}:${rest} left`;
  }

  function tick() {
    const left = Math.max(Math.ceil((end - Date.now()) / 1000), 0);
    shown.textContent = text(left);
    // A timer is not read out; its last minute is, once.
    if (left <= WARN_AT && before > WARN_AT) said.textContent = "Less than a minute left.";
    before = left;
    if (left > 0) return;
    clearInterval(timer);
    location.replace(held.dataset.next);
  }

  shown.hidden = false;
  const timer = setInterval(tick, 1000);
  tick();
})();
