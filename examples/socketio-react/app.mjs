// A page of its own origin (port 3000) that talks to a server on port 5001: over HTTP when it loads, and
// over Socket.IO once the chat is on. `?server=` names another server.
import { io } from "/modules/socket.io-client/dist/socket.io.esm.min.js";

const { createElement: h, useEffect, useState } = window.React;
const server = new URLSearchParams(location.search).get("server") ?? "localhost:5001/";

function OverHttp() {
  const [sentence, setSentence] = useState("…");
  useEffect(() => {
    fetch("/http-call")
      .then((answer) => answer.json())
      .then((answer) => setSentence(answer.data))
      .catch((error) => setSentence(String(error)));
  }, []);
  return h("section", null, h("h2", null, "Over HTTP"), h("p", { id: "sentence" }, sentence));
}

function Chat({ socket }) {
  const [messages, setMessages] = useState([]);
  const [text, setText] = useState("");
  useEffect(() => {
    const hear = (message) => setMessages((before) => [...before, message]);
    socket.on("data", hear);
    return () => socket.off("data", hear);
  }, [socket]);
  const say = (event) => {
    event.preventDefault();
    socket.emit("data", text);
    setText("");
  };
  const lines = messages.map(({ id, data }, index) => h("li", { key: index }, data, " ", h("small", null, id)));
  return h(
    "div",
    null,
    h("form", { onSubmit: say }, [
      h("input", { key: "text", id: "text", value: text, onChange: (event) => setText(event.target.value) }),
      h("button", { key: "say", id: "say" }, "Say"),
    ]),
    h("ul", { id: "lines" }, lines),
  );
}

function App() {
  const [on, setOn] = useState(false);
  const [socket, setSocket] = useState(null);
  const [state, setState] = useState("off");
  useEffect(() => {
    if (!on) return undefined;
    const connection = io(server, { transports: ["websocket"], cors: { origin: "http://localhost:3000/" } });
    connection.on("connect", () => setState(`connected as ${connection.id}`));
    connection.on("disconnect", () => setState("off"));
    setSocket(connection);
    return () => {
      connection.disconnect();
      setSocket(null);
    };
  }, [on]);
  return h(
    "div",
    null,
    h("h1", null, "React and Socket.IO"),
    h(OverHttp),
    h(
      "section",
      null,
      h("h2", null, "Over WebSocket"),
      h("button", { id: "toggle", onClick: () => setOn(!on) }, on ? "Turn the chat off" : "Turn the chat on"),
      h("p", { id: "state" }, state),
      on && socket && h(Chat, { socket }),
    ),
  );
}

window.ReactDOM.createRoot(document.getElementById("root")).render(h(App));
