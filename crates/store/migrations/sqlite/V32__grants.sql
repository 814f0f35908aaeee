-- The grants of the apps. Names are those of madang_shared::grants.

-- The decisions of administrators about users. A grant without a row is that of the user's role.
CREATE TABLE user_grants (
    user_id   INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    app_grant TEXT    NOT NULL CHECK (length(app_grant) > 0),
    is_given  INTEGER NOT NULL CHECK (is_given IN (0, 1)),
    PRIMARY KEY (user_id, app_grant)
) STRICT, WITHOUT ROWID;

-- The access of the configuration, written at each start. The default grants of roles follow from it.
CREATE TABLE configured_access (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    access TEXT    NOT NULL CHECK (access IN ('open', 'invited', 'closed'))
) STRICT;

INSERT INTO configured_access (id, access) VALUES (1, 'open');

-- A customer follows the menu and the own orders. Their events are copies of those of the topic `orders`.
CREATE INDEX orders_by_customer ON orders (customer_id, id);

INSERT INTO topics (name) VALUES ('menu');
INSERT INTO topics (name) SELECT 'own_orders:' || id FROM users;

-- A server of the version before adds users too.
CREATE TRIGGER users_after_insert_orders AFTER INSERT ON users
BEGIN
    INSERT INTO topics (name) VALUES ('own_orders:' || NEW.id) ON CONFLICT (name) DO NOTHING;
END;

DROP TRIGGER append_order_event_instead_of_insert;

CREATE TRIGGER append_order_event_instead_of_insert INSTEAD OF INSERT ON append_order_event
BEGIN
    INSERT INTO append_event (topic, event)
    SELECT 'orders', json_object('orders', json_object('changed', json_object(
        'at', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
        'was', NEW.previous_status,
        'order', json(json))))
    FROM orders_as_json WHERE id = NEW.order_id;
    INSERT INTO append_event (topic, event)
    SELECT 'own_orders:' || customer_id, json_object('own_orders', json_object('changed', json_object(
        'at', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
        'was', NEW.previous_status,
        'order', json(json))))
    FROM orders_as_json JOIN orders ON orders.id = orders_as_json.id WHERE orders.id = NEW.order_id;
END;

-- The former customer loses an order that becomes another customer's.
CREATE TRIGGER orders_after_update_customer AFTER UPDATE OF customer_id ON orders
WHEN NEW.customer_id <> OLD.customer_id
BEGIN
    INSERT INTO append_event (topic, event) VALUES ('own_orders:' || OLD.customer_id, json_object('own_orders', json_object(
        'removed', json_object(
            'at', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
            'was', OLD.status,
            'order', OLD.id))));
END;

CREATE TRIGGER orders_after_delete_own AFTER DELETE ON orders
BEGIN
    INSERT INTO append_event (topic, event) VALUES ('own_orders:' || OLD.customer_id, json_object('own_orders', json_object(
        'removed', json_object(
            'at', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
            'was', OLD.status,
            'order', OLD.id))));
END;

CREATE TRIGGER menu_items_after_insert_menu AFTER INSERT ON menu_items
BEGIN
    INSERT INTO append_event (topic, event)
    SELECT 'menu', json_object('menu', json_object('offered', json(json))) FROM menu_as_json WHERE id = NEW.id;
END;

CREATE TRIGGER menu_items_after_update_menu AFTER UPDATE ON menu_items
WHEN (NEW.name_ko, NEW.name_en, NEW.price_won, NEW.available)
    IS NOT (OLD.name_ko, OLD.name_en, OLD.price_won, OLD.available)
BEGIN
    INSERT INTO append_event (topic, event)
    SELECT 'menu', json_object('menu', json_object('offered', json(json))) FROM menu_as_json WHERE id = NEW.id;
END;

CREATE TRIGGER menu_items_after_delete_menu AFTER DELETE ON menu_items
BEGIN
    INSERT INTO append_event (topic, event)
    VALUES ('menu', json_object('menu', json_object('withdrawn', json_object('item', OLD.id))));
END;
