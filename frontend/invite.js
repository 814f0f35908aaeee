// The page of an invitation: a name, and for the first owner the settings of the workspace. The token stands after `#`,
// so that no server and no log gets it with the address; it leaves the address bar at once.
const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

const remembered = () => {
  try {
    return localStorage.getItem("madang.lang");
  } catch {
    return null;
  }
};
const isKorean = (remembered() ?? navigator.language).startsWith("ko");
document.documentElement.lang = isKorean ? "ko" : "en";
const words = (ko, en) => (isKorean ? ko : en);

const part = (id) => document.getElementById(id);
const show = (id, text) => {
  part(id).textContent = text;
};

const ROLES = {
  owner: words("소유자", "owner"),
  administrator: words("관리자", "administrator"),
  member: words("구성원", "member"),
  guest: words("손님", "guest"),
};
const APPS = {
  feed: words("소식", "Feed"),
  orders: words("주문", "Orders"),
  price: words("비트코인 시세", "Bitcoin price"),
  counter: words("함께 세는 수", "Shared counter"),
};
const REFUSALS = {
  name_taken: words("이미 쓰는 이름이에요. 다른 이름을 골라 주세요.", "This name is taken; choose another one."),
  too_long: words("이름이 너무 길어요.", "This name is too long."),
  invalid: words("쓸 수 없는 이름이에요.", "This name cannot be used."),
  not_found: words(
    "이 초대는 이제 쓸 수 없어요. 보낸 사람에게 새 링크를 부탁해 주세요.",
    "This invitation is not valid any more; ask the person who sent it for a new link.",
  ),
  unsupported: words("쿠키가 막혀 있어요. 쿠키를 허용하고 다시 해 주세요.", "Cookies are blocked; allow them and try again."),
  rate_limited: words("요청이 너무 많아요. 잠시 뒤에 다시 해 주세요.", "Too many requests; try again in a moment."),
};
const PASSWORD_RULES = words(
  "열 글자 이상. 몇 낱말을 이으면 외우기 쉬워요.",
  "At least ten characters. A few words are easy to remember.",
);
const PASSWORD_REFUSED = words(
  "비밀번호는 열 글자 이상이어야 하고, 아주 흔한 것은 쓸 수 없어요.",
  "A password has at least ten characters, and is none of the most common ones.",
);
const NO_PASSKEY = words(
  "패스키를 만들지 않았어요. 다시 하거나 비밀번호를 정해 주세요.",
  "No passkey was made. Try again, or choose a password.",
);
const UNREACHABLE = words("서버에 연결할 수 없어요. 다시 해 주세요.", "The server cannot be reached; try again.");

/** Sends a request, and returns the answer or throws the sentence of its refusal. */
async function request(method, path, body, refusals = REFUSALS) {
  let answer;
  try {
    const headers = body ? { "content-type": "application/json" } : {};
    answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new Error(UNREACHABLE);
  }
  const content = await answer.json().catch(() => ({}));
  if (answer.ok) return content;
  throw new Error(refusals[content.code] ?? content.message ?? UNREACHABLE);
}

function drawApps(on) {
  for (const [name, title] of Object.entries(APPS)) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", value: name, checked: on.includes(name) });
    label.append(box, title);
    part("apps").append(label);
  }
}

function drawSetUp(workspace) {
  part("setup").hidden = false;
  show("setup-legend", words("서버 설정", "Workspace"));
  show("workspace-label", words("서버 이름", "Name of the workspace"));
  show("access-label", words("누가 들어올 수 있나요", "Who may come in"));
  show("apps-label", words("앱", "Apps"));
  const [open, invited, closed] = part("access").options;
  open.textContent = words("누구나, 이름만으로", "Everybody, with a name");
  invited.textContent = words("초대받은 사람", "People with an invitation");
  closed.textContent = words("한 사람씩 초대받은 사람만", "Only people with an invitation of their own");
  part("workspace").value = workspace.name ?? "";
  part("access").value = workspace.access ?? "open";
  drawApps(workspace.apps ?? []);
}

const settings = () => ({
  name: part("workspace").value,
  access: part("access").value,
  apps: [...document.querySelectorAll("#apps input:checked")].map((box) => box.value),
});

/** Asks for a password or a passkey: an owner needs a way back. */
function drawSecure(passkeys) {
  part("secure").hidden = false;
  show("secure-legend", words("다시 들어오는 방법", "Your way back"));
  show("password-label", words("비밀번호", "Password"));
  show("password-rules", PASSWORD_RULES);
  show("passkey-label", words("비밀번호 대신 패스키 쓰기", "Use a passkey instead"));
  const canMake = typeof globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON === "function";
  part("passkey-choice").hidden = !(passkeys && canMake);
  part("passkey").addEventListener("change", () => {
    const isPasskey = part("passkey").checked;
    for (const id of ["password", "password-label", "password-rules"]) part(id).hidden = isPasskey;
  });
}

const isSecuring = () => !part("secure").hidden;

/** Checks what the server would refuse only after the invitation is used up. */
function checkPassword() {
  if (isSecuring() && !part("passkey").checked && [...part("password").value].length < 10) {
    part("password").focus();
    throw new Error(PASSWORD_REFUSED);
  }
}

/** Stores the password, or makes a passkey. */
async function secure() {
  if (!part("passkey").checked) {
    const refusals = { ...REFUSALS, invalid: PASSWORD_REFUSED, too_long: PASSWORD_REFUSED };
    await request("POST", "/api/account/password", { password: part("password").value }, refusals);
    return;
  }
  const start = await request("POST", "/api/account/passkeys", {});
  let credential;
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(start.options));
    credential = JSON.stringify(await navigator.credentials.create({ publicKey }));
  } catch {
    throw new Error(NO_PASSKEY);
  }
  const name = words("내 기기", "My device");
  await request("POST", "/api/account/passkeys/finish", { challenge: start.challenge, credential, name });
}

/** The steps that are done: a later one may be refused, and is tried again alone. */
const done = { accepted: false, secured: false };

async function accept(isSetUp, user) {
  checkPassword();
  if (!done.accepted) {
    if (user) {
      await request("POST", "/api/invitation/accept", { token });
    } else {
      await request("POST", "/api/session", { name: part("name").value, needs_cookie: true, invitation: token });
    }
    done.accepted = true;
    part("name").readOnly = true;
  }
  if (isSecuring() && !done.secured) {
    await secure();
    done.secured = true;
  }
  if (isSetUp) await request("POST", "/api/administration/acts", { act: { change_settings: settings() } });
  location.replace("/");
}

async function start() {
  if (!token) throw new Error(REFUSALS.not_found);
  const { user, workspace, secured } = await request("GET", "/api/session");
  const offered = await request("POST", "/api/invitation", { token });
  const isSetUp = offered.role === "owner" && !offered.invited_by;
  const name = offered.workspace ?? words("마당", "Madang");
  show("title", isSetUp ? words("서버를 시작해요", "Set up this server") : words(`${name}에 초대받았어요`, `You are invited to ${name}`));
  const by = offered.invited_by;
  const role = ROLES[offered.role];
  show(
    "about",
    isSetUp
      ? words("이 양식을 처음 보내는 사람이 서버의 소유자가 돼요.", "The first person who sends this form becomes the owner.")
      : by
        ? words(`${by} 님이 ${role}(으)로 초대했어요.`, `${by} invites you as ${role}.`)
        : words(`${role}(으)로 초대받았어요.`, `You come as ${role}.`),
  );
  show("name-label", words("이름", "Your name"));
  show("submit", user ? words(`${user.name}(으)로 받아들이기`, `Accept as ${user.name}`) : words("들어가기", "Join"));
  part("name").hidden = part("name-label").hidden = Boolean(user);
  if (isSetUp) {
    drawSetUp(workspace);
    if (!secured) drawSecure((await request("GET", "/api/session/methods")).passkeys);
  }
  part("form").hidden = false;
  part(user ? "title" : "name").focus();
  part("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = part("submit");
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    show("error", "");
    try {
      await accept(isSetUp, user);
    } catch (refused) {
      show("error", refused.message);
      const isPassword = isSecuring() && (user || done.accepted || refused.message === PASSWORD_REFUSED);
      part(isPassword && !part("passkey").checked ? "password" : "name").focus();
    } finally {
      button.ariaDisabled = "false";
    }
  });
}

start().catch((refused) => {
  show("title", words("초대를 열 수 없어요", "This invitation cannot be opened"));
  show("about", refused.message);
  part("title").focus();
});
