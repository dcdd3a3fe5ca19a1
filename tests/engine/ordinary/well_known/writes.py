"""What the five apps write, and how their content is read by name, whatever numbers SQLite gave to the rows.

The writes are for ``sample_apps.WRITER``. None of them may fail, and none deletes what another machine may refer to.
"""

from __future__ import annotations

NOTES = [
    "INSERT INTO folders (id, title, created_time, updated_time) VALUES (:new, :text, :n, :n)",
    "INSERT INTO notes (id, title, body, created_time, updated_time) VALUES (:new, :text, :text, :n, :n)",
    "INSERT INTO notes (id, parent_id, created_time, updated_time) VALUES (:new, :any, :n, :n)",
    "UPDATE notes SET body = :text, updated_time = :n WHERE id = :any",
    "UPDATE notes SET title = :text, latitude = :real WHERE id = :any",
    "UPDATE notes SET is_todo = 1 - is_todo WHERE id = :any",
    "UPDATE folders SET title = :text, parent_id = :any WHERE id = :any",
    "DELETE FROM notes WHERE id = :mine",
    "DELETE FROM folders WHERE id = :mine",
    "INSERT OR IGNORE INTO tags VALUES (:new, :text || :stars, :n)",
    "UPDATE OR IGNORE tags SET title = :text || :stars WHERE id = :any",
    "DELETE FROM tags WHERE id = :mine",
    "INSERT INTO note_tags SELECT :new, :any, id, :n FROM tags LIMIT 1",
    "DELETE FROM note_tags WHERE note_id = :any",
    "INSERT INTO resources VALUES (:new, :text, 'image/png', :number, zeroblob(:number))",
    "INSERT OR IGNORE INTO note_resources (note_id, resource_id, is_associated) VALUES (:any, 'r' || :stars, 1)",
    "REPLACE INTO note_resources (note_id, resource_id, is_associated) VALUES (:any, 'r' || :stars, 0)",
    "UPDATE note_resources SET is_associated = 1 - is_associated WHERE resource_id = 'r' || :stars",
    "INSERT INTO revisions VALUES (:new, '', :any, '', :text, :n)",
    "INSERT INTO alarms (note_id, trigger_time) VALUES (:any, :n)",
    "DELETE FROM alarms WHERE note_id = :any",
    "INSERT INTO settings VALUES ('key' || :stars, :text) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    "INSERT INTO key_values (key, type, value, updated_time) VALUES ('key' || :stars, 1, :text, :n)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_time = excluded.updated_time",
]

REFERENCES = [
    "INSERT INTO items (type_id, library_id, key) SELECT type_id, 1, :new FROM item_types WHERE name = 'book'",
    "UPDATE items SET modified = :n WHERE key = :any",
    "DELETE FROM items WHERE key = :mine AND key NOT LIKE '%5'",
    "INSERT OR IGNORE INTO item_data_values (value) VALUES (:text)",
    "INSERT OR IGNORE INTO item_data_values (value) VALUES (:number)",
    "REPLACE INTO item_data SELECT i.item_id, f.field_id, v.value_id FROM items i, fields f, item_data_values v"
    " WHERE i.key = :mine AND f.name = 'title' LIMIT 1",
    "INSERT OR IGNORE INTO creators (first_name, last_name, field_mode) VALUES (:text, 'Curie', :stars)",
    "UPDATE OR IGNORE creators SET first_name = :text WHERE field_mode = :stars",
    "INSERT OR IGNORE INTO item_creators SELECT i.item_id, c.creator_id, 1, :stars FROM items i, creators c"
    " WHERE i.key = :mine AND c.field_mode = :stars",
    "DELETE FROM item_creators WHERE item_id = (SELECT item_id FROM items WHERE key = :mine)",
    "INSERT INTO collections (name, key, library_id) VALUES (:text, :new, 1)",
    "INSERT INTO collections (name, key, library_id, parent_id) SELECT :text, :new, 1, collection_id FROM collections"
    " WHERE key = :mine",
    "UPDATE collections SET name = :text WHERE key = :any",
    "DELETE FROM collections WHERE key = :mine",
    "INSERT OR IGNORE INTO collection_items SELECT c.collection_id, i.item_id, :n FROM collections c, items i"
    " WHERE c.key LIKE :who || '%' AND i.key = :mine LIMIT 3",
    "INSERT OR IGNORE INTO tags (name) VALUES (:text || :stars)",
    "INSERT OR IGNORE INTO item_tags SELECT i.item_id, t.tag_id, 0 FROM items i, tags t"
    " WHERE i.key = :mine AND t.name = :text || :stars",
    "INSERT OR IGNORE INTO item_notes SELECT item_id, NULL, :text, 'a note' FROM items WHERE key = :mine",
    "UPDATE item_notes SET note = :text WHERE item_id = (SELECT item_id FROM items WHERE key = :any)",
    "INSERT OR IGNORE INTO item_attachments SELECT item_id, NULL, 'text/html', :text FROM items WHERE key = :mine",
    "INSERT OR IGNORE INTO item_relations SELECT item_id, 'related', :any FROM items WHERE key = :mine",
    "INSERT INTO saved_searches (name, library_id) VALUES (:new, 1)",
    "INSERT OR IGNORE INTO search_conditions SELECT search_id, :stars, :text, 'is', NULL FROM saved_searches"
    " WHERE name = :mine",
]

FLASHCARDS = [
    "INSERT INTO notes SELECT 1700000000000 + 10 * :n + unicode(:who) % 10, :new, 1700000000001, :n, '', :text, 0, 0",
    "INSERT INTO cards (id, nid, did, ord, mod) SELECT id + 5000000000, id, 1, 0, :n FROM notes WHERE guid = :mine"
    " AND id + 5000000000 NOT IN (SELECT id FROM cards)",
    "UPDATE cards SET reps = reps + 1, due = :number, queue = 2 WHERE nid = (SELECT id FROM notes WHERE guid = :any)",
    "UPDATE notes SET flds = :text, mod = :n WHERE guid = :any",
    "UPDATE notes SET tags = :text WHERE guid = :any",
    "INSERT INTO revlog SELECT 1800000000000 + 10 * :n + unicode(:who) % 10, id, :stars, 1, 9 FROM cards LIMIT 1",
    "DELETE FROM cards WHERE nid = (SELECT id FROM notes WHERE guid = :mine) AND nid % 7 = 0",
    "INSERT OR IGNORE INTO decks SELECT 1600000000000 + 10 * :n + unicode(:who) % 10, :text || :stars, :n, NULL",
    "UPDATE OR IGNORE decks SET name = :text || :stars, mtime = :n WHERE id % 6 = :stars AND id <> 1",
    "INSERT OR IGNORE INTO notetypes SELECT 1600000000000 + 10 * :n + unicode(:who) % 10, :text || :stars, :n",
    "INSERT OR IGNORE INTO note_fields VALUES (1700000000001, :stars, :text || :number % 5, NULL)",
    "UPDATE OR IGNORE note_fields SET name = :text || :number % 5 WHERE ord = :stars",
    "INSERT OR IGNORE INTO templates VALUES (1700000000001, :stars, :text, '', '')",
    "INSERT OR IGNORE INTO graves VALUES (:n, :stars)",
    "INSERT OR IGNORE INTO tags (tag) VALUES (:text || :stars)",
    "UPDATE tags SET collapsed = 1 - collapsed WHERE tag = :text || :stars",
    "REPLACE INTO config VALUES ('key' || :stars, :n, CAST(:text AS BLOB))",
    "UPDATE collection SET modified = :n, conf = :text WHERE id = 1",
]

HISTORY = [
    "INSERT OR IGNORE INTO origins (prefix, host) VALUES ('https://', 'host' || :number % 20)",
    "UPDATE origins SET frecency = frecency + 1 WHERE host = 'host' || :number % 20",
    "INSERT INTO places (url, guid, origin_id) SELECT 'https://' || host || '/' || :n, :new, id FROM origins LIMIT 1",
    "INSERT INTO places (url, guid, title) VALUES ('file:///' || :new, :new, :text)",
    "UPDATE places SET title = :text WHERE guid = :any",
    "INSERT INTO visits (place_id, visit_date) SELECT id, :n FROM places WHERE guid = :any",
    "INSERT OR IGNORE INTO input_history SELECT id, :text, :stars FROM places WHERE guid = :mine",
    "INSERT INTO bookmarks (type, fk, parent, position, title, guid)"
    " SELECT 1, p.id, b.id, :stars, :text, :new FROM places p, bookmarks b"
    " WHERE p.guid = :mine AND b.guid = 'toolbar_____'",
    "INSERT INTO bookmarks (type, parent, title, guid) SELECT 2, id, :text, :new FROM bookmarks"
    " WHERE guid = 'menu________'",
    "UPDATE bookmarks SET title = :text, position = :stars WHERE guid = :any",
    "DELETE FROM bookmarks WHERE guid = :mine AND type = 1",
    "INSERT OR IGNORE INTO keywords (keyword, place_id) SELECT :text || :stars, id FROM places WHERE guid = :mine",
    "UPDATE OR IGNORE keywords SET keyword = :text || :stars WHERE keyword = :text || :number % 6",
    "DELETE FROM keywords WHERE keyword = :text || :stars",
    "INSERT OR IGNORE INTO annotation_names (name) VALUES ('name' || :stars)",
    "INSERT OR IGNORE INTO annotations (place_id, name_id, content) SELECT p.id, n.id, :text"
    " FROM places p, annotation_names n WHERE p.guid = :mine AND n.name = 'name' || :stars",
    "INSERT OR IGNORE INTO previews VALUES (:text || :stars, :n)",
    "REPLACE INTO meta VALUES ('key' || :stars, :real)",
]

TODO = [
    "INSERT OR IGNORE INTO lists (title, color) VALUES (:text || :stars, :number)",
    "UPDATE OR IGNORE lists SET title = :text || :stars WHERE color = :number AND title <> 'Inbox'",
    "INSERT INTO tasks (list_id, title, done, remote_id) SELECT id, :text, 0, :new FROM lists WHERE title = 'Inbox'",
    "INSERT INTO tasks (list_id, title, done) SELECT id, :new, 0 FROM lists ORDER BY title LIMIT 1",
    "INSERT INTO tasks (list_id, parent_id, title, done, remote_id) SELECT list_id, id, :text, 0, :new FROM tasks"
    " WHERE remote_id = :mine",
    "UPDATE tasks SET title = :text, notes = :text WHERE remote_id = :any",
    "UPDATE tasks SET done = 1 - done, due = :n WHERE remote_id = :any",
    "DELETE FROM tasks WHERE remote_id = :mine",
    "INSERT OR IGNORE INTO labels (name) VALUES (:text || :stars)",
    "UPDATE OR IGNORE labels SET name = :text || :number % 6 WHERE name = :text || :stars",
    "INSERT OR IGNORE INTO task_labels SELECT t.id, l.id FROM tasks t, labels l WHERE t.remote_id = :mine"
    " AND l.name = :text || :stars",
    "DELETE FROM task_labels WHERE task_id = (SELECT id FROM tasks WHERE remote_id = :mine)",
    "INSERT OR IGNORE INTO reminders (task_id, time) SELECT id, :stars FROM tasks WHERE remote_id = :any",
    "UPDATE OR REPLACE reminders SET time = :number % 6 WHERE time = :stars AND task_id ="
    " (SELECT id FROM tasks WHERE remote_id = :mine)",
    "INSERT INTO attachments SELECT 'content://' || :new, id, :number FROM tasks WHERE remote_id = :any",
    "INSERT OR REPLACE INTO settings VALUES ('key' || :stars, :text)",
]

BY_NAME = {
    "notes": {
        "folders": "SELECT * FROM folders",
        "notes": "SELECT * FROM notes",
        "tags": "SELECT * FROM tags",
        "note_tags": "SELECT * FROM note_tags",
        "resources": "SELECT * FROM resources",
        "note_resources": "SELECT note_id, resource_id, is_associated FROM note_resources",
        "revisions": "SELECT * FROM revisions",
        "alarms": "SELECT note_id, trigger_time FROM alarms",
        "settings": "SELECT * FROM settings",
        "key_values": "SELECT key, type, value, updated_time FROM key_values",
    },
    "references": {
        "version": "SELECT * FROM version",
        "libraries": "SELECT type, editable FROM libraries",
        "item_types": "SELECT name FROM item_types",
        "fields": "SELECT name, format FROM fields",
        "items": "SELECT key, t.name, modified FROM items JOIN item_types t USING (type_id)",
        "item_data_values": "SELECT value FROM item_data_values",
        "item_data": "SELECT key, f.name, value FROM item_data JOIN items USING (item_id)"
        " JOIN fields f USING (field_id) JOIN item_data_values USING (value_id)",
        "creators": "SELECT first_name, last_name, field_mode FROM creators",
        "item_creators": "SELECT key, first_name, last_name, field_mode, role, order_index FROM item_creators"
        " JOIN items USING (item_id) JOIN creators USING (creator_id)",
        "collections": "SELECT c.name, c.key, p.key FROM collections c"
        " LEFT JOIN collections p ON p.collection_id = c.parent_id",
        "collection_items": "SELECT c.key, i.key, order_index FROM collection_items"
        " JOIN collections c USING (collection_id) JOIN items i USING (item_id)",
        "tags": "SELECT name FROM tags",
        "item_tags": "SELECT key, name, type FROM item_tags JOIN items USING (item_id) JOIN tags USING (tag_id)",
        "item_notes": "SELECT key, note, title FROM item_notes JOIN items USING (item_id)",
        "item_attachments": "SELECT key, content_type, path FROM item_attachments JOIN items USING (item_id)",
        "item_relations": "SELECT key, predicate, object FROM item_relations JOIN items USING (item_id)",
        "saved_searches": "SELECT name FROM saved_searches",
        "search_conditions": "SELECT name, condition_id, condition, operator, value FROM search_conditions"
        " JOIN saved_searches USING (search_id)",
    },
    "flashcards": {
        "collection": "SELECT created, modified, schema_modified, conf FROM collection",
        "decks": "SELECT name, mtime, common FROM decks",
        "notetypes": "SELECT name, mtime FROM notetypes",
        "note_fields": "SELECT t.name, ord, f.name, config FROM note_fields f LEFT JOIN notetypes t ON t.id = ntid",
        "templates": "SELECT t.name, ord, f.name, front, back FROM templates f LEFT JOIN notetypes t ON t.id = ntid",
        "notes": "SELECT guid, t.name, mod, tags, flds, sfld, flags FROM notes LEFT JOIN notetypes t ON t.id = mid",
        "cards": "SELECT guid, d.name, ord, c.mod, queue, due, ivl, reps FROM cards c LEFT JOIN notes n ON n.id = nid"
        " LEFT JOIN decks d ON d.id = did",
        "revlog": "SELECT guid, ease, r.ivl, time FROM revlog r LEFT JOIN cards c ON c.id = cid"
        " LEFT JOIN notes n ON n.id = nid",
        "graves": "SELECT * FROM graves",
        "tags": "SELECT * FROM tags",
    },
    "history": {
        "origins": "SELECT prefix, host, frecency FROM origins",
        "places": "SELECT url, title, guid, host, visit_count, last_visit FROM places"
        " LEFT JOIN origins o ON o.id = origin_id",
        "visits": "SELECT guid, visit_date, visit_type FROM visits LEFT JOIN places p ON p.id = place_id",
        "input_history": "SELECT guid, input, use_count FROM input_history LEFT JOIN places p ON p.id = place_id",
        "bookmarks": "SELECT b.type, b.position, b.title, b.guid, p.guid, places.guid FROM bookmarks b"
        " LEFT JOIN bookmarks p ON p.id = b.parent LEFT JOIN places ON places.id = b.fk",
        "bookmarks_deleted": "SELECT * FROM bookmarks_deleted",
        "keywords": "SELECT keyword, guid, post_data FROM keywords JOIN places p ON p.id = place_id",
        "annotation_names": "SELECT name FROM annotation_names",
        "annotations": "SELECT guid, name, content FROM annotations JOIN places p ON p.id = place_id"
        " JOIN annotation_names n ON n.id = name_id",
        "previews": "SELECT * FROM previews",
        "meta": "SELECT * FROM meta",
    },
    "todo": {
        "lists": "SELECT title, color FROM lists",
        "tasks": "SELECT l.title, t.title, t.notes, t.due, t.done, t.remote_id, p.remote_id FROM tasks t"
        " JOIN lists l ON l.id = t.list_id LEFT JOIN tasks p ON p.id = t.parent_id",
        "labels": "SELECT name FROM labels",
        "task_labels": "SELECT remote_id, t.title, name FROM task_labels JOIN tasks t ON t.id = task_id"
        " JOIN labels l ON l.id = label_id",
        "reminders": "SELECT remote_id, title, time FROM reminders JOIN tasks t ON t.id = task_id",
        "attachments": "SELECT uri, remote_id, title, size FROM attachments JOIN tasks t ON t.id = task_id",
        "settings": "SELECT * FROM settings",
    },
}
"""Of each table that holds people's data: a query of all that it holds, with names in place of numbers."""

WRITES = {"notes": NOTES, "references": REFERENCES, "flashcards": FLASHCARDS, "history": HISTORY, "todo": TODO}
