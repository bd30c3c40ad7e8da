// The console: which page is shown, and when it is read again.
import { html, nothing, render } from '/vendor/lit-html.js';
import { ApiError, isReadOnly, openLink } from './api.js';
import { deadLettersPage } from './dead-letters.js';
import { holdersPage } from './holders.js';
import { keyGroupPage } from './key-group.js';
import { keyGroupsPage } from './key-groups.js';
import { overviewPage } from './overview.js';
import { pushPage } from './push.js';
import { pushesPage } from './pushes.js';
import { rotationsPage } from './rotations.js';
import { servicesPage } from './services.js';
import { subscriberPage } from './subscriber.js';

/**
 * What a page may do beside its view.
 * @typedef {object} App
 * @property {() => void} update draws again
 * @property {() => Promise<void>} reload reads again, and draws
 * @property {(text: string, tone?: 'bad') => void} notify tells the person what was done
 * @property {(text: string) => void} announce tells it to a screen reader alone
 * @property {(question: Question) => void} ask
 * @property {(path: string) => void} go
 * @property {number} width of a plot, in CSS pixels
 * @property {boolean} isReadOnly
 */

/**
 * A question before something is done that can't be undone.
 * @typedef {object} Question
 * @property {string} title
 * @property {unknown} text
 * @property {string} yes the button that does it
 * @property {() => Promise<void>} act
 */

/**
 * @typedef {object} Page
 * @property {string} title
 * @property {(data: any) => string} [titleOf] a better title, once the data is there
 * @property {(signal: AbortSignal) => Promise<any>} load
 * @property {(data: any) => unknown} view
 * @property {(data: any) => number | undefined} [everyMs] until it is read again; undefined: not by itself
 */

/** @typedef {(app: App, params: readonly string[], query: URLSearchParams) => Page} NewPage */

/** @type {readonly (readonly [path: RegExp, newPage: NewPage, section: string])[]} */
const PAGES = [
  [/^\/$/, overviewPage, '/'],
  [/^\/pushes$/, pushesPage, '/pushes'],
  [/^\/pushes\/([^/]+)$/, pushPage, '/pushes'],
  [/^\/key-groups$/, keyGroupsPage, '/key-groups'],
  [/^\/key-groups\/([^/]+)\/([^/]+)$/, keyGroupPage, '/key-groups'],
  [/^\/holders\/([^/]+)\/([^/]+)$/, holdersPage, '/key-groups'],
  [/^\/services$/, servicesPage, '/services'],
  [/^\/subscribers$/, subscriberPage, '/subscribers'],
  [/^\/subscribers\/([^/]+)$/, subscriberPage, '/subscribers'],
  [/^\/rotations$/, rotationsPage, '/rotations'],
  [/^\/dead-letters$/, deadLettersPage, '/dead-letters'],
];

const SECTIONS = [
  ['/', 'Overview'],
  ['/pushes', 'Pushes'],
  ['/key-groups', 'Key Groups'],
  ['/services', 'User Services'],
  ['/subscribers', 'Subscribers'],
  ['/rotations', 'Rotations'],
  ['/dead-letters', 'Dead letters'],
];

/** How long a notice stays, in ms. */
const NOTICE_MS = 8000;
/** After a failed reading, in ms. */
const RETRY_MS = 5000;

/** @type {Page | undefined} */
let page;
let currentSection = '';
/** @type {any} */
let data;
/** @type {Error | undefined} */
let failure;
/** @type {{ text: string, tone: string } | undefined} */
let notice;
let announcement = '';
/** @type {Question | undefined} */
let question;
let isActing = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let noticeTimer;
let reading = new AbortController();

/** @type {App} */
const app = {
  update: draw,
  reload: () => read(),
  notify(text, tone) {
    notice = { text, tone: tone ?? 'good' };
    clearTimeout(noticeTimer);
    noticeTimer = setTimeout(() => {
      notice = undefined;
      draw();
    }, NOTICE_MS);
    draw();
  },
  announce(text) {
    announcement = text;
    draw();
  },
  ask(asked) {
    question = asked;
    draw();
    const dialog = /** @type {HTMLDialogElement} */ (document.querySelector('dialog'));
    dialog.showModal();
  },
  go(path) {
    location.hash = path;
  },
  get width() {
    return Math.max(280, Math.round(document.querySelector('main')?.clientWidth ?? 800));
  },
  get isReadOnly() {
    return isReadOnly;
  },
};

/** @param {boolean} isFollowed by a link of the page: the focus goes to what is new */
async function show(isFollowed) {
  const [path = '/', query = ''] = (location.hash.slice(1) || '/').split('?', 2);
  const found = PAGES.map(([pattern, newPage, section]) => ({
    match: pattern.exec(path),
    newPage,
    section,
  })).find(({ match }) => match !== null);
  data = undefined;
  failure = undefined;
  announcement = '';
  page = found?.newPage(
    app,
    (found.match ?? []).slice(1).map(decodeURIComponent),
    new URLSearchParams(query),
  );
  currentSection = found?.section ?? '';
  if (page === undefined) failure = new Error('there is no such page');
  draw();
  scrollTo(0, 0);
  if (isFollowed) document.querySelector('h1')?.focus({ preventScroll: true });
  await read();
}

/** Reads the page's data, draws it, and says when to read it again. */
async function read() {
  clearTimeout(timer);
  reading.abort();
  reading = new AbortController();
  const { signal } = reading;
  const asked = page;
  if (asked === undefined) return;
  let wait;
  try {
    const loaded = await asked.load(signal);
    if (signal.aborted) return;
    data = loaded;
    failure = undefined;
    wait = asked.everyMs?.(data);
  } catch (error) {
    if (signal.aborted) return;
    failure = error instanceof Error ? error : new Error(String(error));
    const canRetry = !(error instanceof ApiError) || error.status === 0 || error.status >= 500;
    wait = canRetry ? RETRY_MS : undefined;
  }
  draw();
  if (wait !== undefined) timer = setTimeout(readUnlessHidden, wait);
}

/** Nobody looks at a hidden page: it is read when it is shown again. */
function readUnlessHidden() {
  if (document.visibilityState === 'visible' && page?.everyMs !== undefined) void read();
}

function draw() {
  document.body.querySelector('noscript')?.remove();
  document.title = `${title()} · BM-SC console`;
  render(failure instanceof ApiError && failure.status === 401 ? closed() : frame(), document.body);
}

function title() {
  const better = data === undefined ? undefined : page?.titleOf?.(data);
  return better ?? page?.title ?? 'Not found';
}

function frame() {
  return html`
    <button type="button" class="skip" @click=${() => document.querySelector('h1')?.focus()}>Skip to content</button>
    <header class="top">
      <a class="name" href="#/">BM-SC console</a>
      ${isReadOnly ? html`<span class="badge">read-only</span>` : nothing}
      <nav aria-label="Console">
        <ul>
          ${SECTIONS.map(
            ([path, name]) =>
              html`<li><a href="#${path}" aria-current=${path === currentSection ? 'page' : nothing}>${name}</a></li>`,
          )}
        </ul>
      </nav>
    </header>
    <main>
      <h1 tabindex="-1">${title()}</h1>
      <div role="status" class="notices">
        ${notice === undefined ? nothing : html`<p class="notice ${notice.tone}">${notice.text}</p>`}
      </div>
      <div role="status" class="unseen">${announcement}</div>
      ${failure === undefined ? nothing : html`<p class="failure" role="alert">${failure.message}</p>`}
      ${data === undefined ? (failure ? nothing : html`<p class="empty">Reading…</p>`) : page?.view(data)}
    </main>
    ${dialog()}
  `;
}

function closed() {
  return html`<main class="closed">
    <h1 tabindex="-1">This browser has no session</h1>
    <p>Press Enter where <code>bmsc console</code> runs, and open the link that it prints. A link opens one session.</p>
  </main>`;
}

function dialog() {
  const { title = '', text = nothing, yes = '' } = question ?? {};
  const close = () => document.querySelector('dialog')?.close();
  return html`<dialog aria-labelledby="question">
    <h2 id="question">${title}</h2>
    <div class="question">${text}</div>
    <div class="buttons">
      <button type="button" @click=${close}>Cancel</button>
      <button type="button" class="main" ?disabled=${isActing} @click=${act}>${yes}</button>
    </div>
  </dialog>`;
}

async function act() {
  isActing = true;
  draw();
  try {
    await question?.act();
  } catch (error) {
    app.notify(error instanceof Error ? error.message : String(error), 'bad');
  }
  isActing = false;
  document.querySelector('dialog')?.close();
  draw();
}

addEventListener('hashchange', () => (location.hash.startsWith('#link=') ? void begin() : void show(true)));
addEventListener('resize', draw);
document.addEventListener('visibilitychange', readUnlessHidden);

async function begin() {
  try {
    await openLink();
  } catch (error) {
    document.title = 'BM-SC console';
    failure = error instanceof Error ? error : new Error(String(error));
    return draw();
  }
  await show(false);
}

await begin();
