-- An order has a destination (a table, or an address with a phone number), an estimate, and the reason of its
-- cancellation. A cancelled order can get its earlier status again.

-- The destination: `table_number`, or `address` and `phone`, or none of them.
ALTER TABLE orders ADD COLUMN table_number INTEGER CHECK (table_number BETWEEN 1 AND 999);
ALTER TABLE orders ADD COLUMN address TEXT CHECK (length(address) BETWEEN 1 AND 100);
ALTER TABLE orders ADD COLUMN phone TEXT CHECK (length(phone) BETWEEN 1 AND 20 AND phone NOT GLOB '*[^0-9 +().-]*');
-- The estimate of the time at which the order is ready, in milliseconds since 1970.
ALTER TABLE orders ADD COLUMN ready_at INTEGER CHECK (ready_at >= 0);
-- 'sold_out', 'too_busy', 'closing' and 'by_customer' are shown in the reader's language, any other text as it is.
ALTER TABLE orders ADD COLUMN cancel_reason TEXT NOT NULL DEFAULT '' CHECK (length(cancel_reason) <= 100);

-- The cancelled orders: the status before, and the time of the cancellation. The triggers write it.
CREATE TABLE order_cancellations (
    order_id    INTEGER PRIMARY KEY REFERENCES orders (id) ON DELETE CASCADE,
    from_status TEXT    NOT NULL CHECK (from_status IN ('pending', 'accepted', 'cooking', 'ready')),
    at          INTEGER NOT NULL CHECK (at >= 0)
) STRICT;

DROP VIEW orders_as_json;

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
        'name', coalesce((SELECT name FROM users WHERE id = o.rider_id), '?')) END),
    'destination', json(CASE
        WHEN o.table_number IS NOT NULL THEN json_object('table', o.table_number)
        WHEN o.address IS NOT NULL
            THEN json_object('delivery', json_object('address', o.address, 'phone', coalesce(o.phone, ''))) END),
    'ready_at', o.ready_at,
    'cancellation', json((
        SELECT json_object('at', at, 'was', from_status, 'reason', o.cancel_reason)
        FROM order_cancellations WHERE order_id = o.id AND o.status = 'cancelled')))
FROM orders AS o;

DROP TRIGGER orders_after_update_log;

-- A command has recorded its cancellation already, with its own time.
CREATE TRIGGER orders_after_update_log AFTER UPDATE ON orders
WHEN (NEW.status, NEW.rider_id, NEW.note, NEW.customer_id, NEW.placed_at, NEW.table_number, NEW.address, NEW.phone,
        NEW.ready_at, NEW.cancel_reason)
    IS NOT (OLD.status, OLD.rider_id, OLD.note, OLD.customer_id, OLD.placed_at, OLD.table_number, OLD.address, OLD.phone,
        OLD.ready_at, OLD.cancel_reason)
BEGIN
    DELETE FROM order_cancellations WHERE order_id = NEW.id AND NEW.status <> 'cancelled';
    INSERT INTO order_cancellations (order_id, from_status, at)
    SELECT NEW.id, OLD.status, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)
    WHERE NEW.status = 'cancelled' AND OLD.status <> 'cancelled'
        AND NOT EXISTS (SELECT 1 FROM order_cancellations WHERE order_id = NEW.id);
    INSERT INTO append_order_event (order_id, previous_status) VALUES (NEW.id, OLD.status);
END;

DROP TRIGGER orders_after_delete_log;

CREATE TRIGGER orders_after_delete_log AFTER DELETE ON orders
BEGIN
    DELETE FROM order_lines WHERE order_id = OLD.id;
    DELETE FROM order_cancellations WHERE order_id = OLD.id;
    INSERT INTO append_event (topic, event) VALUES ('orders', json_object('orders', json_object(
        'removed', json_object(
            'at', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
            'was', OLD.status,
            'order', OLD.id))));
END;

DROP TRIGGER orders_before_insert_check;

CREATE TRIGGER orders_before_insert_check BEFORE INSERT ON orders
BEGIN
    SELECT RAISE(ABORT, 'this order exists already; use UPDATE')
    WHERE EXISTS (SELECT 1 FROM orders WHERE id = NEW.id);
    SELECT RAISE(ABORT, 'a new order must have the status pending') WHERE NEW.status <> 'pending';
    SELECT RAISE(ABORT, 'the customer does not exist; customer_id must be the id of a user')
    WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.customer_id);
    SELECT RAISE(ABORT, 'the rider does not exist; rider_id must be NULL or the id of a user')
    WHERE NEW.rider_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.rider_id);
    SELECT RAISE(ABORT, 'an order goes to a table, or to an address with a phone number; set the others to NULL')
    WHERE (NEW.address IS NULL) <> (NEW.phone IS NULL)
        OR (NEW.table_number IS NOT NULL AND NEW.address IS NOT NULL);
    SELECT RAISE(ABORT, 'the limit of open orders is reached; deliver or cancel one first')
    WHERE (SELECT count(*) FROM orders WHERE status IN ('pending', 'accepted', 'cooking', 'ready', 'delivering')) >= 300;
END;

DROP TRIGGER orders_before_update_check;

CREATE TRIGGER orders_before_update_check BEFORE UPDATE ON orders
BEGIN
    SELECT RAISE(ABORT, 'the id of an order cannot change') WHERE NEW.id <> OLD.id;
    SELECT RAISE(ABORT, 'this change of status is not allowed; order_transitions lists the allowed ones')
    WHERE NEW.status <> OLD.status
        AND NOT EXISTS (SELECT 1 FROM order_transitions WHERE from_status = OLD.status AND to_status = NEW.status)
        AND NOT (OLD.status = 'cancelled' AND EXISTS (
            SELECT 1 FROM order_cancellations WHERE order_id = OLD.id AND from_status = NEW.status));
    SELECT RAISE(ABORT, 'the customer does not exist; customer_id must be the id of a user')
    WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.customer_id);
    SELECT RAISE(ABORT, 'the rider does not exist; rider_id must be NULL or the id of a user')
    WHERE NEW.rider_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.rider_id);
    SELECT RAISE(ABORT, 'an order goes to a table, or to an address with a phone number; set the others to NULL')
    WHERE (NEW.address IS NULL) <> (NEW.phone IS NULL)
        OR (NEW.table_number IS NOT NULL AND NEW.address IS NOT NULL);
    SELECT RAISE(ABORT, 'the limit of open orders is reached; deliver or cancel one first')
    WHERE OLD.status = 'cancelled' AND NEW.status <> 'cancelled'
        AND (SELECT count(*) FROM orders WHERE status IN ('pending', 'accepted', 'cooking', 'ready', 'delivering')) >= 300;
END;
