// The service worker: stores the app on this device, so that the next visit starts without waiting for the network,
// or without a network.
//
// It stores only the app's own files, as one set with a name that changes with any of them. It never stores messages:
// the app stores the little that it shows early itself, and deletes it at sign-out. The browser compares this file
// with the server's at every visit. A changed worker fetches its whole set and then takes over, so the visit after an
// update gets the new app, and never files of two versions.
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
  // Files named after their content may come from the browser's cache; all others must be of this version.
  const request = (path) => new Request(path, { cache: /-[0-9a-f]{12,}/.test(path) ? "default" : "no-cache" });
  const fetched = caches.open(CACHE).then((cache) => cache.addAll(FILES.map(request)));
  event.waitUntil(fetched.then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  // A page of the previous version may still be open and request its files.
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
  const cached = async () =>
    (await caches.match(path, { cacheName: CACHE })) ?? (path === "/" ? undefined : await caches.match(path)) ?? fetch(request);
  event.respondWith(cached());
});
