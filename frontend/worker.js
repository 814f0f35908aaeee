// Keeps the app on this device: the next visit starts without waiting for the network, or without one.
//
// Only the app's own files are kept, as one set that belongs together, under a name that changes with any of
// them. What people say is not here: the app itself keeps the little that it shows early, and takes it away when
// somebody signs out. The browser compares this file with the server's at every visit; another one fetches its
// whole set first and then takes over, so the visit after an update is the new app, and never half of each.
//
// scripts/publish.mjs writes the three lines below; `just dev` has no worker.
const VERSION = "development";
const FILES = [];
const PAGES = [];

const OURS = "madang-app-";
const CACHE = OURS + VERSION;
// The paths of the app's pages, `/` as an empty string; the server's own paths are not among them.
const isPage = (path) => PAGES.includes(path.replace(/\/$/, "")) || /^\/rooms\/\d+(\/messages\/\d+)?\/?$/.test(path);

self.addEventListener("install", (event) => {
  // What is named after its content may come from the browser's own cache; the rest must be of this very version.
  const request = (path) => new Request(path, { cache: /-[0-9a-f]{12,}/.test(path) ? "default" : "no-cache" });
  const fetched = caches.open(CACHE).then((cache) => cache.addAll(FILES.map(request)));
  event.waitUntil(fetched.then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  // A page of the version before may still be open, and ask for a file of its own.
  const tidy = async () => {
    const ours = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== CACHE);
    await Promise.all(ours.slice(0, -1).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  const path = request.mode !== "navigate" ? pathname : isPage(pathname) ? "/" : null;
  if (path === null || (path !== "/" && !/\.\w+$/.test(path))) return;
  const kept = async () =>
    (await caches.match(path, { cacheName: CACHE })) ?? (path === "/" ? undefined : await caches.match(path)) ?? fetch(request);
  event.respondWith(kept());
});
