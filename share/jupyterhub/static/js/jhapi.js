// Calls of the REST API. Every URL carries the XSRF token; an answer that is no success becomes an ApiError.

const { base_url, xsrf_token, user } = window.jhdata;

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// The address of a path of the API: apiUrl("users", "ada", "servers", "lab").
export function apiUrl(...parts) {
  const path = parts.map(encodeURIComponent).join("/");
  return `${base_url}api/${path}?_xsrf=${encodeURIComponent(xsrf_token)}`;
}

// Calls the API and returns the decoded answer, or null when there is none.
export async function api(method, parts, { body, query, headers } = {}) {
  let url = apiUrl(...parts);
  if (query) {
    url += "&" + new URLSearchParams(query);
  }
  let response;
  try {
    response = await fetch(url, {
      method,
      credentials: "same-origin",
      headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, "JupyterHub does not answer. Check your connection and try again.");
  }
  const text = await response.text();
  let answer = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    // not JSON: an error page of something in between
  }
  if (!response.ok) {
    throw new ApiError(response.status, answer?.message || `${response.status} ${response.statusText}`);
  }
  return answer;
}

// The path of one of the user's servers; an empty name is the default one.
export function serverPath(name, owner = user) {
  return name ? ["users", owner, "servers", name] : ["users", owner, "server"];
}

// Shows a failure in the element that pages keep for it.
export function showError(element, error) {
  element.textContent = error.message;
  element.hidden = false;
  element.scrollIntoView({ block: "nearest" });
}
