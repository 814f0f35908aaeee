-- The restaurant itself serves an order at a table: such an order goes from ready to delivered, and never to a rider. An
-- order that a rider has already is delivered as before.

-- 1: for orders at a table only; 0: for all others only; NULL: for every order.
ALTER TABLE order_transitions ADD COLUMN at_table INTEGER CHECK (at_table IN (0, 1));
UPDATE order_transitions SET at_table = 0 WHERE from_status = 'ready' AND to_status = 'delivering';
INSERT INTO order_transitions (from_status, to_status, at_table) VALUES ('ready', 'delivered', 1);

DROP TRIGGER orders_before_update_check;

CREATE TRIGGER orders_before_update_check BEFORE UPDATE ON orders
BEGIN
    SELECT RAISE(ABORT, 'the id of an order cannot change') WHERE NEW.id <> OLD.id;
    SELECT RAISE(ABORT, 'this change of status is not allowed; order_transitions lists the allowed ones')
    WHERE NEW.status <> OLD.status
        AND NOT EXISTS (
            SELECT 1 FROM order_transitions WHERE from_status = OLD.status AND to_status = NEW.status
                AND coalesce(at_table = (NEW.table_number IS NOT NULL), 1))
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
