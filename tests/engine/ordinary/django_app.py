"""A database in the manner of Django's, and an app that writes to it as Django does.

Each table has an AUTOINCREMENT key and each reference is a foreign key that is checked at the commit; nothing cascades
in SQL: who deletes a row deletes first what refers to it. Rows carry a ``uid`` that their writer gives, by which they
are the same on every machine. The many-to-many table has the UNIQUE rule that Django gives it, so that two machines may
each put one tag on one entry; ``unique=True`` on texts is left out, as it makes one row of two uids.
"""

from __future__ import annotations

SCHEMA = """
CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "uid" varchar(36) NOT NULL,
  "username" varchar(150) NOT NULL, "is_staff" bool NOT NULL, "last_login" datetime NULL);
CREATE TABLE "blog_category" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "uid" varchar(36) NOT NULL,
  "name" varchar(50) NOT NULL, "parent_id" bigint NULL REFERENCES "blog_category" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX "blog_category_parent_id_1f1d2ab1" ON "blog_category" ("parent_id");
CREATE TABLE "blog_tag" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "uid" varchar(36) NOT NULL,
  "slug" varchar(50) NOT NULL);
CREATE TABLE "blog_entry" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "uid" varchar(36) NOT NULL,
  "title" varchar(200) NOT NULL, "body" text NOT NULL, "rating" integer NOT NULL, "price" decimal NULL,
  "published" bool NOT NULL, "author_id" bigint NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
  "category_id" bigint NULL REFERENCES "blog_category" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX "blog_entry_author_id_6b2f6d27" ON "blog_entry" ("author_id");
CREATE INDEX "blog_entry_category_id_2c1d6b7e" ON "blog_entry" ("category_id");
CREATE TABLE "blog_entry_tags" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "entry_id" bigint NOT NULL REFERENCES "blog_entry" ("id") DEFERRABLE INITIALLY DEFERRED,
  "tag_id" bigint NOT NULL REFERENCES "blog_tag" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX "blog_entry_tags_entry_id_tag_id_92d35e4e_uniq" ON "blog_entry_tags" ("entry_id", "tag_id");
CREATE INDEX "blog_entry_tags_entry_id_4d1f" ON "blog_entry_tags" ("entry_id");
CREATE INDEX "blog_entry_tags_tag_id_9c2e" ON "blog_entry_tags" ("tag_id");
CREATE TABLE "blog_comment" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "uid" varchar(36) NOT NULL,
  "text" text NOT NULL, "created" datetime NOT NULL,
  "entry_id" bigint NOT NULL REFERENCES "blog_entry" ("id") DEFERRABLE INITIALLY DEFERRED,
  "user_id" bigint NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
  "reply_to_id" bigint NULL REFERENCES "blog_comment" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX "blog_comment_entry_id_7a6b" ON "blog_comment" ("entry_id");
"""

BY_UID = ("auth_user", "blog_category", "blog_tag", "blog_entry", "blog_comment")
"""The tables whose rows have a uid; the many-to-many table has none, as in Django."""

CONTENT = {
    "auth_user": "SELECT uid, username, is_staff, last_login FROM auth_user",
    "blog_category": "SELECT c.uid, c.name, p.uid FROM blog_category c LEFT JOIN blog_category p ON p.id = c.parent_id",
    "blog_tag": "SELECT uid, slug FROM blog_tag",
    "blog_entry": "SELECT e.uid, title, body, rating, price, published, a.uid, c.uid FROM blog_entry e"
    " LEFT JOIN auth_user a ON a.id = author_id LEFT JOIN blog_category c ON c.id = category_id",
    "blog_entry_tags": "SELECT e.uid, t.uid FROM blog_entry_tags m LEFT JOIN blog_entry e ON e.id = entry_id"
    " LEFT JOIN blog_tag t ON t.id = tag_id",
    "blog_comment": "SELECT c.uid, c.text, c.created, e.uid, u.uid, r.uid FROM blog_comment c"
    " LEFT JOIN blog_entry e ON e.id = c.entry_id LEFT JOIN auth_user u ON u.id = c.user_id"
    " LEFT JOIN blog_comment r ON r.id = c.reply_to_id",
}
"""What each table says, with no number that SQLite has handed out: a reference is the uid of the row it leads to."""

WRITER = '''
"""``path who first count seed tables``: writes; then prints the number of every row that it has seen, by table and uid.

It keeps the number of each row as an object of Django's would, and finds its row by that alone. Entries that are not
published are deleted by who made them; nobody else refers to them. Users, categories and tags stay.
"""
import json, random, sqlite3, sys

path, who, first, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
tables = json.loads(sys.argv[6])
db = sqlite3.connect(path, isolation_level=None)
db.execute("PRAGMA foreign_keys = ON")
choose = random.Random(seed)
numbers, drafts = {table: {} for table in tables}, []

def look():
    """See all rows: none may have another number than before."""
    for table in tables:
        for uid, number in db.execute(f"SELECT uid, id FROM {table}"):
            before = numbers[table].setdefault(uid, number)
            assert before == number, (table, uid, before, number)

def text():
    return choose.choice(["a", "Ärger", "x" * choose.randrange(200), "words of a page", ""])

def some(table, where="1"):
    """The number of any row, or None."""
    found = db.execute(f"SELECT id FROM {table} WHERE {where} AND id >= ? ORDER BY id LIMIT 1",
        (choose.randrange(1 + (db.execute(f"SELECT max(id) FROM {table}").fetchone()[0] or 0)),)).fetchone()
    return found and found[0]

def insert(table, n, **values):
    uid = f"{who}-{n}"
    values = {"uid": uid, **values}
    names = ", ".join(values)
    cursor = db.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})", [*values.values()])
    numbers[table][uid] = cursor.lastrowid
    return cursor.lastrowid

def write(n):
    what = choose.randrange(18)
    user, entry = some("auth_user"), some("blog_entry", "published")
    if what == 0 or user is None:
        insert("auth_user", n, username=text(), is_staff=n % 2, last_login=None)
    elif what == 1:
        insert("blog_category", n, name=text(), parent_id=some("blog_category"))
    elif what == 2:
        insert("blog_tag", n, slug=text())
    elif what <= 5 or entry is None:
        published = choose.random() < 0.7
        made = insert("blog_entry", n, title=text(), body=text(), rating=n, price=n / 4, published=published,
            author_id=user, category_id=some("blog_category"))
        if not published:
            drafts.append((made, f"{who}-{n}"))
            insert("blog_comment", n, text=text(), created=n, entry_id=made, user_id=user)
    elif what <= 7:
        insert("blog_comment", n, text=text(), created=n, entry_id=entry, user_id=choose.choice([user, None]),
            reply_to_id=some("blog_comment", f"entry_id = {entry}"))
    elif what == 8 and drafts:
        made, uid = drafts.pop()
        db.execute("DELETE FROM blog_entry_tags WHERE entry_id = ?", (made,))
        db.execute("DELETE FROM blog_comment WHERE entry_id = ?", (made,))
        assert db.execute("DELETE FROM blog_entry WHERE id = ? AND uid = ?", (made, uid)).rowcount == 1
    elif what == 9:
        db.execute("UPDATE blog_entry SET title = ?, rating = rating + 1 WHERE id = ?", (text(), entry))
    elif what == 10:
        db.execute("UPDATE blog_entry SET author_id = ?, category_id = ? WHERE id = ?",
            (user, some("blog_category"), entry))
    elif what in (11, 16, 17) and (tag := some("blog_tag")):
        db.execute("INSERT OR IGNORE INTO blog_entry_tags (entry_id, tag_id) VALUES (?, ?)",
            (choose.choice([entry, *(made for made, _ in drafts[-1:])]), tag))
    elif what == 12:
        db.execute("DELETE FROM blog_entry_tags WHERE id = ?", (some("blog_entry_tags"),))
    elif what == 13:
        db.execute("UPDATE blog_comment SET text = ?, user_id = ? WHERE id = ?", (text(), user, some("blog_comment")))
    elif what == 14:
        db.execute("UPDATE auth_user SET username = ?, last_login = ? WHERE id = ?", (text(), n, user))
    else:
        table = choose.choice(tables)
        mine = [uid for uid in numbers[table] if uid.startswith(who)]
        if mine:  # by the number that it was given, as Django saves an object
            uid = choose.choice(mine)
            found = db.execute(f"SELECT uid FROM {table} WHERE id = ?", (numbers[table][uid],)).fetchone()
            assert found in (None, (uid,)), (table, uid, found)

for n in range(first, first + count):
    db.execute("BEGIN IMMEDIATE")
    write(n)
    db.execute("COMMIT")
    if n % 100 == 0:
        look()
look()
print(json.dumps(numbers), flush=True)
'''
