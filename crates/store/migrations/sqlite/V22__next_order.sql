-- The id of the next order. Its lines are inserted before it, so that one event holds the whole order.
CREATE VIEW next_order (id) AS
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'orders'), 0) + 1;
