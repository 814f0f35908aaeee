-- The orders of a small restaurant. Any program may change these tables, and so may a person at the
-- shell: the triggers below write every change into the log, in the transaction that makes it, so that
-- the log can neither miss a change nor disagree with a row. They also keep the rules that
-- `foreign_keys` would, because the shell leaves that off.

CREATE TABLE menu_items (
    id        INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 9007199254740991),
    name_ko   TEXT    NOT NULL CHECK (length(name_ko) BETWEEN 1 AND 60),
    name_en   TEXT    NOT NULL CHECK (length(name_en) BETWEEN 1 AND 60),
    -- Whole won.
    price_won INTEGER NOT NULL CHECK (price_won BETWEEN 1 AND 10000000),
    available INTEGER NOT NULL DEFAULT 1 CHECK (available IN (0, 1))
) STRICT;

INSERT INTO menu_items (name_ko, name_en, price_won) VALUES
    ('잔치국수', 'Noodles in anchovy broth', 7000),
    ('비빔국수', 'Spicy mixed noodles', 8000),
    ('돌솥비빔밥', 'Bibimbap in a stone pot', 9500),
    ('김치찌개', 'Kimchi stew', 9000),
    ('해물파전', 'Seafood and scallion pancake', 14000),
    ('왕만두', 'Big dumplings', 6500),
    ('식혜', 'Sweet rice drink', 3000);

-- The ways that an order can go. The server has the same table.
CREATE TABLE order_transitions (
    was     TEXT NOT NULL,
    becomes TEXT NOT NULL,
    PRIMARY KEY (was, becomes)
) STRICT, WITHOUT ROWID;

INSERT INTO order_transitions (was, becomes) VALUES
    ('pending', 'accepted'), ('pending', 'cancelled'),
    ('accepted', 'cooking'), ('accepted', 'cancelled'),
    ('cooking', 'ready'), ('cooking', 'cancelled'),
    ('ready', 'delivering'), ('ready', 'cancelled'),
    ('delivering', 'delivered');

-- What an order costs follows from its lines, and when it last changed from the log: neither is stored
-- here, where it could be forgotten.
CREATE TABLE orders (
    id          INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 9007199254740991),
    customer_id INTEGER NOT NULL REFERENCES users (id),
    status      TEXT    NOT NULL DEFAULT 'pending' CHECK (status IN
        ('pending', 'accepted', 'cooking', 'ready', 'delivering', 'delivered', 'cancelled')),
    note        TEXT    NOT NULL DEFAULT '' CHECK (length(note) <= 200),
    placed_at   INTEGER NOT NULL
        DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)) CHECK (placed_at >= 0),
    rider_id    INTEGER REFERENCES users (id)
) STRICT;

-- The lists of open and of closed orders.
CREATE INDEX orders_by_status ON orders (status, id);

-- Deferred, so that the lines can be written before their order: it then appears whole, in one event.
CREATE TABLE order_lines (
    order_id     INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    menu_item_id INTEGER NOT NULL REFERENCES menu_items (id),
    quantity     INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    -- Of one piece, when it was ordered.
    price_won    INTEGER NOT NULL CHECK (price_won BETWEEN 1 AND 10000000),
    PRIMARY KEY (order_id, menu_item_id)
) STRICT, WITHOUT ROWID;

-- Orders as they stand in events and in the list of orders: the one place that knows their shape.
CREATE VIEW orders_as_json (id, status, json) AS
SELECT o.id, o.status, json_object(
    'id', o.id,
    'customer', json_object('id', o.customer_id,
        'name', coalesce((SELECT name FROM users WHERE id = o.customer_id), '?')),
    'status', o.status,
    'lines', json((
        SELECT json_group_array(json_object('item', menu_item_id, 'quantity', quantity, 'price_won', price_won))
        FROM (SELECT * FROM order_lines WHERE order_id = o.id ORDER BY menu_item_id))),
    'note', o.note,
    'placed_at', o.placed_at,
    'rider', json(CASE WHEN o.rider_id IS NOT NULL THEN json_object('id', o.rider_id,
        'name', coalesce((SELECT name FROM users WHERE id = o.rider_id), '?')) END))
FROM orders AS o;

CREATE VIEW menu_as_json (id, json) AS
SELECT id, json_object('id', id, 'name_ko', name_ko, 'name_en', name_en, 'price_won', price_won,
    'available', json(CASE available WHEN 1 THEN 'true' ELSE 'false' END))
FROM menu_items;

INSERT INTO topics (name) VALUES ('orders');

-- To be inserted into: takes the topic's next place, and fills it.
CREATE VIEW orders_log (kind, event) AS
SELECT NULL, content FROM log WHERE topic_id = (SELECT id FROM topics WHERE name = 'orders');

CREATE TRIGGER orders_log_grows INSTEAD OF INSERT ON orders_log
BEGIN
    UPDATE topics SET head = head + 1 WHERE name = 'orders';
    INSERT INTO log (topic_id, seq, at, content)
    SELECT id, head, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
        json_object('orders', json_object(NEW.kind, json(NEW.event)))
    FROM topics WHERE name = 'orders';
END;

-- To be inserted into when an order was changed: logs what it is now.
CREATE VIEW order_changes (order_id, was) AS SELECT id, status FROM orders;

CREATE TRIGGER order_changes_are_logged INSTEAD OF INSERT ON order_changes
BEGIN
    INSERT INTO orders_log (kind, event)
    SELECT 'changed', json_object(
        'at', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
        'was', NEW.was,
        'order', json(json))
    FROM orders_as_json WHERE id = NEW.order_id;
END;

CREATE TRIGGER orders_are_logged_when_made AFTER INSERT ON orders
BEGIN
    INSERT INTO order_changes (order_id, was) VALUES (NEW.id, NULL);
END;

CREATE TRIGGER orders_are_logged_when_changed AFTER UPDATE ON orders
WHEN (NEW.status, NEW.rider_id, NEW.note, NEW.customer_id, NEW.placed_at)
    IS NOT (OLD.status, OLD.rider_id, OLD.note, OLD.customer_id, OLD.placed_at)
BEGIN
    INSERT INTO order_changes (order_id, was) VALUES (NEW.id, OLD.status);
END;

CREATE TRIGGER orders_are_logged_when_removed AFTER DELETE ON orders
BEGIN
    DELETE FROM order_lines WHERE order_id = OLD.id;
    INSERT INTO orders_log (kind, event) VALUES ('removed', json_object(
        'at', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
        'was', OLD.status,
        'order', OLD.id));
END;

-- A line is a part of its order. Before the order is there, nobody has to hear of its lines; nor after.
CREATE TRIGGER order_lines_are_logged_when_made AFTER INSERT ON order_lines
BEGIN
    INSERT INTO order_changes (order_id, was) SELECT id, status FROM orders WHERE id = NEW.order_id;
END;

CREATE TRIGGER order_lines_are_logged_when_changed AFTER UPDATE ON order_lines
WHEN (NEW.menu_item_id, NEW.quantity, NEW.price_won)
    IS NOT (OLD.menu_item_id, OLD.quantity, OLD.price_won)
BEGIN
    INSERT INTO order_changes (order_id, was) SELECT id, status FROM orders WHERE id = NEW.order_id;
END;

CREATE TRIGGER order_lines_are_logged_when_removed AFTER DELETE ON order_lines
BEGIN
    INSERT INTO order_changes (order_id, was) SELECT id, status FROM orders WHERE id = OLD.order_id;
END;

CREATE TRIGGER menu_items_are_logged_when_made AFTER INSERT ON menu_items
BEGIN
    INSERT INTO orders_log (kind, event) SELECT 'offered', json FROM menu_as_json WHERE id = NEW.id;
END;

CREATE TRIGGER menu_items_are_logged_when_changed AFTER UPDATE ON menu_items
WHEN (NEW.name_ko, NEW.name_en, NEW.price_won, NEW.available)
    IS NOT (OLD.name_ko, OLD.name_en, OLD.price_won, OLD.available)
BEGIN
    INSERT INTO orders_log (kind, event) SELECT 'offered', json FROM menu_as_json WHERE id = NEW.id;
END;

CREATE TRIGGER menu_items_are_logged_when_removed AFTER DELETE ON menu_items
BEGIN
    INSERT INTO orders_log (kind, event) VALUES ('withdrawn', json_object('item', OLD.id));
END;

-- The rules. `id` is -1 here where SQLite has yet to choose one.
CREATE TRIGGER orders_begin_as_they_should BEFORE INSERT ON orders
BEGIN
    SELECT RAISE(ABORT, 'this order is there already; update it') WHERE EXISTS (SELECT 1 FROM orders WHERE id = NEW.id);
    SELECT RAISE(ABORT, 'an order begins as pending') WHERE NEW.status <> 'pending';
    SELECT RAISE(ABORT, 'there is no such customer') WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.customer_id);
    SELECT RAISE(ABORT, 'there is no such rider')
    WHERE NEW.rider_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.rider_id);
    SELECT RAISE(ABORT, 'there are too many open orders')
    WHERE (SELECT count(*) FROM orders WHERE status IN ('pending', 'accepted', 'cooking', 'ready', 'delivering')) >= 300;
END;

CREATE TRIGGER orders_go_their_way BEFORE UPDATE ON orders
BEGIN
    SELECT RAISE(ABORT, 'an order keeps its id') WHERE NEW.id <> OLD.id;
    SELECT RAISE(ABORT, 'no way leads there from the status of this order; see order_transitions')
    WHERE NEW.status <> OLD.status
        AND NOT EXISTS (SELECT 1 FROM order_transitions WHERE was = OLD.status AND becomes = NEW.status);
    SELECT RAISE(ABORT, 'there is no such customer') WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.customer_id);
    SELECT RAISE(ABORT, 'there is no such rider')
    WHERE NEW.rider_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.rider_id);
END;

CREATE TRIGGER order_lines_begin_as_they_should BEFORE INSERT ON order_lines
BEGIN
    SELECT RAISE(ABORT, 'there is no such thing on the menu')
    WHERE NOT EXISTS (SELECT 1 FROM menu_items WHERE id = NEW.menu_item_id);
    SELECT RAISE(ABORT, 'an order has 20 lines at most')
    WHERE (SELECT count(*) FROM order_lines WHERE order_id = NEW.order_id AND menu_item_id <> NEW.menu_item_id) >= 20;
END;

CREATE TRIGGER order_lines_stay_what_they_are BEFORE UPDATE ON order_lines
BEGIN
    SELECT RAISE(ABORT, 'a line stays with its order') WHERE NEW.order_id <> OLD.order_id;
    SELECT RAISE(ABORT, 'there is no such thing on the menu')
    WHERE NOT EXISTS (SELECT 1 FROM menu_items WHERE id = NEW.menu_item_id);
END;

CREATE TRIGGER menu_items_begin_as_they_should BEFORE INSERT ON menu_items
BEGIN
    SELECT RAISE(ABORT, 'this is on the menu already; update it') WHERE EXISTS (SELECT 1 FROM menu_items WHERE id = NEW.id);
    SELECT RAISE(ABORT, 'a menu has 100 things at most') WHERE (SELECT count(*) FROM menu_items) >= 100;
END;

CREATE TRIGGER menu_items_keep_their_ids BEFORE UPDATE ON menu_items WHEN NEW.id <> OLD.id
BEGIN
    SELECT RAISE(ABORT, 'what is on the menu keeps its id');
END;

CREATE TRIGGER menu_items_that_were_ordered_stay BEFORE DELETE ON menu_items
WHEN EXISTS (SELECT 1 FROM order_lines WHERE menu_item_id = OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'this was ordered; set available = 0 instead');
END;
