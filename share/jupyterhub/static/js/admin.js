// The table of users and servers for administrators. One page of GET /users at a time.
import { api, serverPath, showError } from "./jhapi.js";
import { relativeTime } from "./times.js";

const { base_url, prefix, user: self } = window.jhdata;
const page = document.getElementById("admin");
const error = document.getElementById("admin-error");
const rows = document.getElementById("users");
const info = document.getElementById("page-info");
const previous = document.getElementById("previous-page");
const next = document.getElementById("next-page");

const view = { offset: 0, limit: Number(page.dataset.pageLimit) || 50, sort: "name", state: "", name_filter: "" };
let latest = 0; // the number of the newest request; older answers are dropped

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

async function load() {
  const request = ++latest;
  const query = { include_stopped_servers: "", offset: view.offset, limit: view.limit, sort: view.sort };
  if (view.state) {
    query.state = view.state;
  }
  if (view.name_filter) {
    query.name_filter = view.name_filter;
  }
  try {
    const headers = { Accept: "application/jupyterhub-pagination+json" };
    const answer = await api("GET", ["users"], { query, headers });
    if (request === latest) {
      show(answer.items, answer._pagination);
    }
  } catch (failure) {
    if (request === latest) {
      info.textContent = "";
      showError(error, failure);
    }
  }
}

function show(users, pagination) {
  rows.replaceChildren(...users.flatMap(userRows));
  const last = pagination.offset + users.length;
  info.textContent = users.length ? `${pagination.offset + 1}–${last} of ${pagination.total}` : "No such users";
  previous.disabled = pagination.offset === 0;
  next.disabled = !pagination.next;
}

// The default server stands in the user's own row, the others below it.
function userRows(user) {
  const servers = { "": { name: "", ready: false }, ...user.servers };
  return Object.keys(servers).sort().map((name) => serverRow(user, servers[name], name));
}

function serverRow(user, server, name) {
  const row = element("tr", { className: name ? "named-server-row" : "user-row" });
  const heading = element("th", { scope: "row" }, name ? `↳ ${name}` : user.name);
  if (!name && user.admin) {
    heading.append(" ", element("span", { className: "badge text-bg-secondary", textContent: "admin" }));
  }
  const last = server.last_activity ?? (name ? null : user.last_activity);
  const time = last ? element("time", { dateTime: last, title: new Date(last).toLocaleString(), textContent: relativeTime(new Date(last)) }) : "never";
  const lastActive = element("td", {}, time);
  lastActive.dataset.label = "Last active";
  const state = element("td", {}, stateOf(server));
  state.dataset.label = "Server";
  row.append(heading, lastActive, state, element("td", { className: "actions" }, ...buttons(user, server, name)));
  return row;
}

const pendingWords = { spawn: "starting …", stop: "stopping …" };

function stateOf(server) {
  const [kind, text] = server.pending ? ["pending", pendingWords[server.pending] ?? "checking …"] : server.ready ? ["running", "running"] : ["stopped", "stopped"];
  return element("span", { className: `state state-${kind}`, textContent: text });
}

// What can be done with a server, and under "More" with its user.
function buttons(user, server, name) {
  const path = serverPath(name, user.name);
  const of = name ? `${user.name}, ${name}` : user.name;
  const button = (label, className, action, question) => {
    const node = element("button", { type: "button", className, textContent: label });
    node.setAttribute("aria-label", `${label}: ${of}`);
    node.addEventListener("click", () => (!question || confirm(question)) && run(node, action));
    return node;
  };
  const result = [];
  const running = server.ready || server.pending;
  if (server.ready) {
    const url = server.url ?? `${prefix}user/${encodeURIComponent(user.name)}/${name ? encodeURIComponent(name) + "/" : ""}`;
    result.push(element("a", { className: "btn btn-sm btn-outline-secondary", href: url, textContent: "Open" }));
  }
  if (server.pending) {
    result.push(element("a", { className: "btn btn-sm btn-outline-secondary", textContent: "Progress",
      href: `${base_url}spawn-pending/${encodeURIComponent(user.name)}${name ? "/" + encodeURIComponent(name) : ""}` }));
  } else if (running) {
    result.push(button("Stop", "btn btn-sm btn-outline-danger", () => api("DELETE", path)));
  } else {
    result.push(button("Start", "btn btn-sm btn-outline-primary", () => api("POST", path)));
  }
  const more = [];
  if (!running) {
    more.push(element("a", { className: "dropdown-item", textContent: "Start with options",
      href: `${base_url}spawn/${encodeURIComponent(user.name)}${name ? "/" + encodeURIComponent(name) : ""}` }));
  }
  if (name && !running) {
    more.push(button("Delete server", "dropdown-item", () => api("DELETE", path, { body: { remove: true } }),
      `Delete the server “${name}” of ${user.name}?`));
  }
  if (!name && user.name !== self) {
    more.push(
      button(user.admin ? "Take admin rights" : "Make admin", "dropdown-item",
        () => api("PATCH", ["users", user.name], { body: { admin: !user.admin } }),
        user.admin ? `Take the administrator's rights from ${user.name}?` : `Let ${user.name} administer this hub?`),
      button("Delete user", "dropdown-item", () => api("DELETE", ["users", user.name]),
        `Delete ${user.name}? Running servers are stopped; files stay.`),
    );
  }
  if (more.length > 0) {
    result.push(menu(more, of));
  }
  return result;
}

function menu(entries, of) {
  const toggle = element("button", { type: "button", className: "btn btn-sm btn-outline-secondary dropdown-toggle", textContent: "More" });
  toggle.setAttribute("aria-label", `More: ${of}`);
  toggle.setAttribute("aria-expanded", "false");
  toggle.dataset.bsToggle = "dropdown";
  toggle.dataset.bsPopperConfig = '{"strategy":"fixed"}'; // the table would cut it off
  const list = element("ul", { className: "dropdown-menu" }, ...entries.map((entry) => element("li", {}, entry)));
  return element("span", { className: "dropdown" }, toggle, list);
}

async function run(button, action) {
  button.disabled = true;
  error.hidden = true;
  try {
    await action();
  } catch (failure) {
    showError(error, failure);
  }
  await load();
}

let typing;
document.getElementById("name-filter").addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    view.name_filter = event.target.value.trim();
    view.offset = 0;
    load();
  }, 250);
});
document.getElementById("state-filter").addEventListener("change", (event) => {
  view.state = event.target.value;
  view.offset = 0;
  load();
});
document.getElementById("user-search").addEventListener("submit", (event) => event.preventDefault());
previous.addEventListener("click", () => {
  view.offset = Math.max(0, view.offset - view.limit);
  load();
});
next.addEventListener("click", () => {
  view.offset += view.limit;
  load();
});
for (const button of document.querySelectorAll("button.sort")) {
  button.addEventListener("click", () => {
    view.sort = view.sort === button.dataset.sort ? `-${button.dataset.sort}` : button.dataset.sort;
    view.offset = 0;
    for (const other of document.querySelectorAll("button.sort")) {
      const own = other === button;
      other.closest("th").ariaSort = own ? (view.sort.startsWith("-") ? "descending" : "ascending") : "none";
    }
    load();
  });
}

document.querySelector(".add-users-button").addEventListener("click", (event) => {
  const names = document.getElementById("new-users").value.split(/\s+/).filter(Boolean);
  const admin = document.getElementById("new-users-admin").checked;
  if (names.length > 0) {
    run(event.currentTarget, async () => {
      await api("POST", ["users"], { body: { usernames: names, admin } });
      document.getElementById("new-users").value = "";
    }).then(() => (document.querySelector(".add-users-button").disabled = false));
  }
});

document.getElementById("stop-all").addEventListener("click", (event) => {
  const button = event.currentTarget;
  if (!confirm("Stop every running server of every user?")) {
    return;
  }
  run(button, async () => {
    for (let round = 0; round < 500; round++) {
      const query = { state: "ready", limit: view.limit };
      const headers = { Accept: "application/jupyterhub-pagination+json" };
      const { items } = await api("GET", ["users"], { query, headers });
      const ready = items.flatMap((user) => Object.values(user.servers ?? {}).filter((s) => s.ready).map((s) => serverPath(s.name, user.name)));
      if (ready.length === 0) {
        return;
      }
      await Promise.all(ready.map((path) => api("DELETE", path)));
    }
  }).then(() => (button.disabled = false));
});

load();
