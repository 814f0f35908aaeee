-- Plain names for tables, columns, views and triggers. A trigger is named
-- `<table>_<time>_<statement>_<purpose>`: `log` appends an event, `notice` appends a notice, and
-- `check` keeps a rule. All events of triggers go through one view, `append_event`.

DROP TRIGGER orders_log_grows;
DROP TRIGGER order_changes_are_logged;
DROP TRIGGER orders_are_logged_when_made;
DROP TRIGGER orders_are_logged_when_changed;
DROP TRIGGER orders_are_logged_when_removed;
DROP TRIGGER order_lines_are_logged_when_made;
DROP TRIGGER order_lines_are_logged_when_changed;
DROP TRIGGER order_lines_are_logged_when_removed;
DROP TRIGGER menu_items_are_logged_when_made;
DROP TRIGGER menu_items_are_logged_when_changed;
DROP TRIGGER menu_items_are_logged_when_removed;
DROP TRIGGER orders_begin_as_they_should;
DROP TRIGGER orders_go_their_way;
DROP TRIGGER order_lines_begin_as_they_should;
DROP TRIGGER order_lines_stay_what_they_are;
DROP TRIGGER menu_items_begin_as_they_should;
DROP TRIGGER menu_items_keep_their_ids;
DROP TRIGGER menu_items_that_were_ordered_stay;
DROP TRIGGER notices_log_grows;
DROP TRIGGER tell_all_is_told;
DROP TRIGGER tell_one_is_told;
DROP TRIGGER orders_are_noticed_when_made;
DROP TRIGGER orders_are_noticed_when_moved;
DROP TRIGGER orders_are_noticed_when_removed;
DROP VIEW orders_log;
DROP VIEW order_changes;
DROP VIEW notices_log;
DROP VIEW tell_all;
DROP VIEW tell_one;

-- `unsynced` is 1 while a server runs whose commits are not synced, and after such a server was killed.
-- The next opening then gives every topic a new epoch.
ALTER TABLE tail_risk RENAME TO durability;
ALTER TABLE durability RENAME COLUMN at_risk TO unsynced;

-- Users that belong to a part of the server. Nobody can sign in as one.
ALTER TABLE services RENAME TO service_accounts;

-- The positions of events that the server has not sent to its event stream yet, in their order.
ALTER TABLE notices_told RENAME TO pending_events;

-- The time up to which notices of a schedule were appended.
ALTER TABLE notice_schedules RENAME COLUMN told_up_to TO high_water_mark;

-- The number of the last notice of the running demonstration.
ALTER TABLE notice_demo RENAME COLUMN told TO last_number;

ALTER TABLE order_transitions RENAME COLUMN was TO from_status;
ALTER TABLE order_transitions RENAME COLUMN becomes TO to_status;

-- INSERT INTO append_event appends an event to the log of a topic, at its next position. Without a time
-- it happens now.
CREATE VIEW append_event (topic, at, event) AS SELECT NULL, at, content FROM log;

CREATE TRIGGER append_event_instead_of_insert INSTEAD OF INSERT ON append_event
BEGIN
    UPDATE topics SET head = head + 1 WHERE name = NEW.topic;
    INSERT INTO log (topic_id, seq, at, content)
    SELECT id, head, coalesce(NEW.at, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)), NEW.event
    FROM topics WHERE name = NEW.topic;
    INSERT INTO pending_events (topic_id, seq) SELECT id, head FROM topics WHERE name = NEW.topic;
END;

-- Orders -------------------------------------------------------------------------------------------

-- INSERT INTO append_order_event appends an event that holds an order as it is now.
CREATE VIEW append_order_event (order_id, previous_status) AS SELECT id, status FROM orders;

CREATE TRIGGER append_order_event_instead_of_insert INSTEAD OF INSERT ON append_order_event
BEGIN
    INSERT INTO append_event (topic, event)
    SELECT 'orders', json_object('orders', json_object('changed', json_object(
        'at', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
        'was', NEW.previous_status,
        'order', json(json))))
    FROM orders_as_json WHERE id = NEW.order_id;
END;

CREATE TRIGGER orders_after_insert_log AFTER INSERT ON orders
BEGIN
    INSERT INTO append_order_event (order_id, previous_status) VALUES (NEW.id, NULL);
END;

CREATE TRIGGER orders_after_update_log AFTER UPDATE ON orders
WHEN (NEW.status, NEW.rider_id, NEW.note, NEW.customer_id, NEW.placed_at)
    IS NOT (OLD.status, OLD.rider_id, OLD.note, OLD.customer_id, OLD.placed_at)
BEGIN
    INSERT INTO append_order_event (order_id, previous_status) VALUES (NEW.id, OLD.status);
END;

CREATE TRIGGER orders_after_delete_log AFTER DELETE ON orders
BEGIN
    DELETE FROM order_lines WHERE order_id = OLD.id;
    INSERT INTO append_event (topic, event) VALUES ('orders', json_object('orders', json_object(
        'removed', json_object(
            'at', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
            'was', OLD.status,
            'order', OLD.id))));
END;

-- A line belongs to its order. Lines that are inserted before their order, or deleted after it, cause no
-- event.
CREATE TRIGGER order_lines_after_insert_log AFTER INSERT ON order_lines
BEGIN
    INSERT INTO append_order_event (order_id, previous_status)
    SELECT id, status FROM orders WHERE id = NEW.order_id;
END;

CREATE TRIGGER order_lines_after_update_log AFTER UPDATE ON order_lines
WHEN (NEW.menu_item_id, NEW.quantity, NEW.price_won)
    IS NOT (OLD.menu_item_id, OLD.quantity, OLD.price_won)
BEGIN
    INSERT INTO append_order_event (order_id, previous_status)
    SELECT id, status FROM orders WHERE id = NEW.order_id;
END;

CREATE TRIGGER order_lines_after_delete_log AFTER DELETE ON order_lines
BEGIN
    INSERT INTO append_order_event (order_id, previous_status)
    SELECT id, status FROM orders WHERE id = OLD.order_id;
END;

CREATE TRIGGER menu_items_after_insert_log AFTER INSERT ON menu_items
BEGIN
    INSERT INTO append_event (topic, event)
    SELECT 'orders', json_object('orders', json_object('offered', json(json)))
    FROM menu_as_json WHERE id = NEW.id;
END;

CREATE TRIGGER menu_items_after_update_log AFTER UPDATE ON menu_items
WHEN (NEW.name_ko, NEW.name_en, NEW.price_won, NEW.available)
    IS NOT (OLD.name_ko, OLD.name_en, OLD.price_won, OLD.available)
BEGIN
    INSERT INTO append_event (topic, event)
    SELECT 'orders', json_object('orders', json_object('offered', json(json)))
    FROM menu_as_json WHERE id = NEW.id;
END;

CREATE TRIGGER menu_items_after_delete_log AFTER DELETE ON menu_items
BEGIN
    INSERT INTO append_event (topic, event)
    VALUES ('orders', json_object('orders', json_object('withdrawn', json_object('item', OLD.id))));
END;

-- The triggers also keep the foreign keys, because the shell does not enforce them. `NEW.id` is -1
-- before SQLite has chosen an id.
CREATE TRIGGER orders_before_insert_check BEFORE INSERT ON orders
BEGIN
    SELECT RAISE(ABORT, 'this order exists already; use UPDATE')
    WHERE EXISTS (SELECT 1 FROM orders WHERE id = NEW.id);
    SELECT RAISE(ABORT, 'a new order must have the status pending') WHERE NEW.status <> 'pending';
    SELECT RAISE(ABORT, 'the customer does not exist; customer_id must be the id of a user')
    WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.customer_id);
    SELECT RAISE(ABORT, 'the rider does not exist; rider_id must be NULL or the id of a user')
    WHERE NEW.rider_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.rider_id);
    SELECT RAISE(ABORT, 'the limit of open orders is reached; deliver or cancel one first')
    WHERE (SELECT count(*) FROM orders WHERE status IN ('pending', 'accepted', 'cooking', 'ready', 'delivering')) >= 300;
END;

CREATE TRIGGER orders_before_update_check BEFORE UPDATE ON orders
BEGIN
    SELECT RAISE(ABORT, 'the id of an order cannot change') WHERE NEW.id <> OLD.id;
    SELECT RAISE(ABORT, 'this change of status is not allowed; order_transitions lists the allowed ones')
    WHERE NEW.status <> OLD.status
        AND NOT EXISTS (SELECT 1 FROM order_transitions WHERE from_status = OLD.status AND to_status = NEW.status);
    SELECT RAISE(ABORT, 'the customer does not exist; customer_id must be the id of a user')
    WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.customer_id);
    SELECT RAISE(ABORT, 'the rider does not exist; rider_id must be NULL or the id of a user')
    WHERE NEW.rider_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.rider_id);
END;

CREATE TRIGGER order_lines_before_insert_check BEFORE INSERT ON order_lines
BEGIN
    SELECT RAISE(ABORT, 'the menu item does not exist; menu_item_id must be the id of a menu item')
    WHERE NOT EXISTS (SELECT 1 FROM menu_items WHERE id = NEW.menu_item_id);
    SELECT RAISE(ABORT, 'the limit of lines of an order is reached')
    WHERE (SELECT count(*) FROM order_lines WHERE order_id = NEW.order_id AND menu_item_id <> NEW.menu_item_id) >= 20;
END;

CREATE TRIGGER order_lines_before_update_check BEFORE UPDATE ON order_lines
BEGIN
    SELECT RAISE(ABORT, 'a line cannot move to another order') WHERE NEW.order_id <> OLD.order_id;
    SELECT RAISE(ABORT, 'the menu item does not exist; menu_item_id must be the id of a menu item')
    WHERE NOT EXISTS (SELECT 1 FROM menu_items WHERE id = NEW.menu_item_id);
END;

CREATE TRIGGER menu_items_before_insert_check BEFORE INSERT ON menu_items
BEGIN
    SELECT RAISE(ABORT, 'this menu item exists already; use UPDATE')
    WHERE EXISTS (SELECT 1 FROM menu_items WHERE id = NEW.id);
    SELECT RAISE(ABORT, 'the limit of menu items is reached; delete one first')
    WHERE (SELECT count(*) FROM menu_items) >= 100;
END;

CREATE TRIGGER menu_items_before_update_check BEFORE UPDATE ON menu_items WHEN NEW.id <> OLD.id
BEGIN
    SELECT RAISE(ABORT, 'the id of a menu item cannot change');
END;

CREATE TRIGGER menu_items_before_delete_check BEFORE DELETE ON menu_items
WHEN EXISTS (SELECT 1 FROM order_lines WHERE menu_item_id = OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'this menu item is in an order; set available = 0 instead');
END;

-- Notices ------------------------------------------------------------------------------------------

-- INSERT INTO broadcast_notices appends a notice for everybody. Without a time it is dated now.
CREATE VIEW broadcast_notices (at, content) AS SELECT at, content FROM notices;

CREATE TRIGGER broadcast_notices_instead_of_insert INSTEAD OF INSERT ON broadcast_notices
BEGIN
    INSERT INTO notices (seq, at, content)
    SELECT head + 1, coalesce(NEW.at, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)), NEW.content
    FROM topics WHERE name = 'notices';
    DELETE FROM notices WHERE seq <= (SELECT seq FROM notices ORDER BY seq DESC LIMIT 1 OFFSET 50);
    INSERT INTO append_event (topic, at, event)
    SELECT 'notices', at, json_object('notices', json_object('told',
        json_object('seq', seq, 'at', at, 'what', json(content))))
    FROM notices ORDER BY seq DESC LIMIT 1;
END;

-- INSERT INTO user_notices appends a notice for one user. Without a time it is dated now.
CREATE VIEW user_notices (user_id, at, content) AS SELECT user_id, at, content FROM inbox_notices;

CREATE TRIGGER user_notices_instead_of_insert INSTEAD OF INSERT ON user_notices
BEGIN
    SELECT RAISE(ABORT, 'the user does not exist; user_id must be the id of a user')
    WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id);
    INSERT INTO inbox_notices (user_id, seq, at, content)
    SELECT NEW.user_id, head + 1,
        coalesce(NEW.at, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)), NEW.content
    FROM topics WHERE name = 'inbox:' || NEW.user_id;
    DELETE FROM inbox_notices WHERE user_id = NEW.user_id AND seq <= (
        SELECT seq FROM inbox_notices WHERE user_id = NEW.user_id ORDER BY seq DESC LIMIT 1 OFFSET 50);
    INSERT INTO append_event (topic, at, event)
    SELECT 'inbox:' || user_id, at, json_object('inbox', json_object('told',
        json_object('seq', seq, 'at', at, 'what', json(content))))
    FROM inbox_notices WHERE user_id = NEW.user_id ORDER BY seq DESC LIMIT 1;
END;

-- A change of an order causes a notice, whichever program makes it.
CREATE TRIGGER orders_after_insert_notice AFTER INSERT ON orders
BEGIN
    INSERT INTO broadcast_notices (content) VALUES (json_object('ordered', json_object('order', NEW.id,
        'by', json_object(
            'id', NEW.customer_id,
            'name', coalesce((SELECT name FROM users WHERE id = NEW.customer_id), '?')))));
END;

-- `orders_actor` holds the acting user, who gets no notice of an own action.
CREATE TRIGGER orders_after_update_notice AFTER UPDATE ON orders
WHEN NEW.status <> OLD.status AND NOT EXISTS (SELECT 1 FROM orders_actor WHERE user_id = NEW.customer_id)
BEGIN
    INSERT INTO user_notices (user_id, content) VALUES (NEW.customer_id, json_object('order_moved',
        json_object('order', NEW.id, 'was', OLD.status, 'now', NEW.status)));
END;

CREATE TRIGGER orders_after_delete_notice AFTER DELETE ON orders
WHEN OLD.status NOT IN ('delivered', 'cancelled')
BEGIN
    INSERT INTO user_notices (user_id, content) VALUES (OLD.customer_id, json_object('order_moved',
        json_object('order', OLD.id, 'was', OLD.status, 'now', NULL)));
END;

-- The former names, for one version.
CREATE VIEW tell_all (at, content) AS SELECT at, content FROM broadcast_notices;

CREATE TRIGGER tell_all_instead_of_insert INSTEAD OF INSERT ON tell_all
BEGIN
    INSERT INTO broadcast_notices (at, content) VALUES (NEW.at, NEW.content);
END;

CREATE VIEW tell_one (user_id, at, content) AS SELECT user_id, at, content FROM user_notices;

CREATE TRIGGER tell_one_instead_of_insert INSTEAD OF INSERT ON tell_one
BEGIN
    INSERT INTO user_notices (user_id, at, content) VALUES (NEW.user_id, NEW.at, NEW.content);
END;
