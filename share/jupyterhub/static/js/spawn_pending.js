// Follows the start of a server over its event stream: moves the bar, keeps a log, goes on when it is ready.

const page = document.getElementById("spawn-pending");
const progress = document.getElementById("progress");
const bar = document.getElementById("progress-bar");
const message = document.getElementById("progress-message");
const log = document.getElementById("progress-log");

// An event carries text, or HTML that the hub or the spawner made.
function write(element, event) {
  if (event.html_message) {
    element.innerHTML = event.html_message;
  } else {
    element.textContent = event.message ?? "";
  }
}

function show(event) {
  if (event.progress !== undefined) {
    bar.style.width = `${event.progress}%`;
    progress.setAttribute("aria-valuenow", event.progress);
  }
  if (event.message || event.html_message) {
    write(message, event);
    const line = document.createElement("li");
    write(line, event);
    log.append(line);
    log.scrollTop = log.scrollHeight;
  }
}

function showFailure() {
  progress.classList.add("progress-failed");
  progress.setAttribute("aria-valuetext", "failed");
  document.getElementById("pending-title")?.replaceChildren("The start failed");
  document.getElementById("pending-hint")?.remove();
  message.setAttribute("role", "alert");
  const retry = document.getElementById("retry");
  const next = new URLSearchParams(location.search).get("next");
  retry.href = page.dataset.retryUrl + (next ? `?next=${encodeURIComponent(next)}` : "");
  document.getElementById("progress-failed").hidden = false;
  document.getElementById("progress-details").open = true;
}

// Goes to what was asked for. The hub knows: this page redirects there once the server is ready.
function goOn(event) {
  const next = new URLSearchParams(location.search).get("next");
  if (next || !event.url) {
    location.reload();
  } else {
    location.href = event.url;
  }
}

const source = new EventSource(page.dataset.progressUrl);
source.onmessage = (received) => {
  const event = JSON.parse(received.data);
  show(event);
  if (event.ready) {
    source.close();
    goOn(event);
  } else if (event.failed) {
    source.close();
    showFailure();
  }
};
source.onerror = () => {
  // The browser tries again by itself, unless the hub refused: then the page itself tells what is the matter.
  if (source.readyState === EventSource.CLOSED) {
    setTimeout(() => location.reload(), 3000);
  }
};
