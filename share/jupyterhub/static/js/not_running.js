// Starts the server after a countdown, where the operator has set implicit_spawn_seconds.

const page = document.getElementById("not-running");
const start = document.getElementById("start");
const seconds = Number(page?.dataset.implicitSpawnSeconds);

if (start && seconds > 0) {
  const notice = document.getElementById("implicit-spawn");
  const countdown = document.getElementById("implicit-spawn-countdown");
  const end = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    if (countdown) {
      countdown.textContent = left;
    }
    if (left === 0) {
      clearInterval(timer);
      location.href = start.href;
    }
  };
  const timer = setInterval(tick, 250);
  tick();
  if (notice) {
    notice.hidden = false;
  }
  document.getElementById("implicit-spawn-cancel")?.addEventListener("click", () => {
    clearInterval(timer);
    notice.hidden = true;
  });
}
