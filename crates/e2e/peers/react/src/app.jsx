// The peer page, written as in the tutorials: React, a router, Socket.IO, and the usual library for long lists.
// Arriving messages are collected and shown once per frame, as in Madang, because one `setState` per message would be
// far slower.
import { StrictMode, memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter, Route, Routes, useNavigate } from "react-router";
import { io } from "socket.io-client";
import { useVirtualizer } from "@tanstack/react-virtual";

const BOTTOM = 48;
const LINK = /(https?:\/\/[^\s]+)/;

function SignIn() {
  const go = useNavigate();
  const [name, setName] = useState("");
  useEffect(() => {
    performance.mark("madang:interactive");
    performance.mark("madang:running");
  }, []);
  return (
    <form className="gate" onSubmit={(event) => (event.preventDefault(), name.trim() && go("/room"))}>
      <h1>The same list</h1>
      <label htmlFor="name">Name</label>
      <input id="name" data-testid="signin-name" autoFocus value={name} onChange={(event) => setName(event.target.value)} />
      <button type="submit">Enter</button>
    </form>
  );
}

function useMessages() {
  const [messages, setMessages] = useState([]);
  const socket = useMemo(() => io({ transports: ["websocket"] }), []);
  useEffect(() => {
    let pending = [];
    let scheduled = false;
    const show = () => {
      const arrived = pending;
      pending = [];
      scheduled = false;
      setMessages((messages) => messages.concat(arrived));
    };
    const receive = (arrived) => {
      for (const message of arrived) pending.push(message);
      if (!scheduled) requestAnimationFrame(show);
      scheduled = true;
    };
    socket.on("message", (message) => receive([message]));
    socket.on("history", receive);
    return () => void socket.disconnect();
  }, [socket]);
  return [messages, socket];
}

const time = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" });

const Message = memo(function Message({ message }) {
  const parts = message.text.split(LINK);
  return (
    <div className="message" data-seq={message.seq} data-testid="message">
      <strong>{message.author}</strong>
      <div>
        <div className="bubble">
          <p className="message-text">{parts.map((part, index) => (index % 2 === 1 ? <a key={index} href={part}>{part}</a> : part))}</p>
        </div>
        <span className="time">{time.format(message.at)}</span>
      </div>
    </div>
  );
});

function Timeline({ messages }) {
  const scroller = useRef(null);
  const atBottom = useRef(true);
  const list = useVirtualizer({
    count: messages.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => 62 + Math.floor(messages[index].text.length / 40) * 22,
    getItemKey: (index) => messages[index].seq,
    overscan: 8,
  });
  useLayoutEffect(() => {
    if (atBottom.current && messages.length > 0) list.scrollToIndex(messages.length - 1, { align: "end" });
  }, [messages.length, list]);
  const onScroll = ({ currentTarget: it }) => {
    atBottom.current = it.scrollHeight - it.scrollTop - it.clientHeight < BOTTOM;
  };
  const items = list.getVirtualItems();
  return (
    <div className="list" data-testid="timeline" tabIndex={0} ref={scroller} onScroll={onScroll}>
      <div className="space" style={{ height: list.getTotalSize() }}>
        <ol className="window" style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
          {items.map((item) => (
            <li key={item.key} data-index={item.index} ref={list.measureElement}><Message message={messages[item.index]} /></li>
          ))}
        </ol>
      </div>
    </div>
  );
}

function Room() {
  const [messages, socket] = useMessages();
  const [text, setText] = useState("");
  useEffect(() => { window.held = messages.length; });
  const send = (event) => {
    event.preventDefault();
    if (text.trim()) socket.emit("say", text);
    setText("");
  };
  return (
    <main className="room">
      <Timeline messages={messages} />
      <form className="composer" onSubmit={send}>
        <textarea id="composer" data-testid="composer" rows={1} value={text} onChange={(event) => setText(event.target.value)} />
        <button type="submit">Send</button>
      </form>
    </main>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <BrowserRouter>
      <Routes>
        <Route path="/" element={<SignIn />} />
        <Route path="/room" element={<Room />} />
      </Routes>
    </BrowserRouter>
  </StrictMode>,
);
