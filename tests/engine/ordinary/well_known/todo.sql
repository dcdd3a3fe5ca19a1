-- In the manner of a to-do app that Android's Room made: auto-numbered keys, cascades, unique indexes.
CREATE TABLE android_metadata (locale TEXT);
CREATE TABLE room_master_table (id INTEGER PRIMARY KEY, identity_hash TEXT);
CREATE TABLE `lists` (`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `title` TEXT NOT NULL, `color` INTEGER NOT NULL);
CREATE UNIQUE INDEX `index_lists_title` ON `lists` (`title`);
CREATE TABLE `tasks` (
  `id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `list_id` INTEGER NOT NULL, `parent_id` INTEGER,
  `title` TEXT NOT NULL, `notes` TEXT, `due` INTEGER, `done` INTEGER NOT NULL, `remote_id` TEXT,
  FOREIGN KEY(`list_id`) REFERENCES `lists`(`id`) ON UPDATE NO ACTION ON DELETE CASCADE,
  FOREIGN KEY(`parent_id`) REFERENCES `tasks`(`id`) ON UPDATE NO ACTION ON DELETE SET NULL);
CREATE INDEX `index_tasks_list_id` ON `tasks` (`list_id`);
CREATE UNIQUE INDEX `index_tasks_remote_id` ON `tasks` (`remote_id`);
CREATE TABLE `labels` (`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `name` TEXT NOT NULL);
CREATE UNIQUE INDEX `index_labels_name` ON `labels` (`name`);
CREATE TABLE `task_labels` (
  `task_id` INTEGER NOT NULL, `label_id` INTEGER NOT NULL, PRIMARY KEY(`task_id`, `label_id`),
  FOREIGN KEY(`task_id`) REFERENCES `tasks`(`id`) ON UPDATE NO ACTION ON DELETE CASCADE,
  FOREIGN KEY(`label_id`) REFERENCES `labels`(`id`) ON UPDATE NO ACTION ON DELETE CASCADE);
CREATE TABLE `reminders` (
  `id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `task_id` INTEGER NOT NULL, `time` INTEGER NOT NULL,
  FOREIGN KEY(`task_id`) REFERENCES `tasks`(`id`) ON UPDATE NO ACTION ON DELETE CASCADE);
CREATE UNIQUE INDEX `index_reminders_task_id_time` ON `reminders` (`task_id`, `time`);
CREATE TABLE `attachments` (
  `uri` TEXT NOT NULL, `task_id` INTEGER NOT NULL, `size` INTEGER NOT NULL, PRIMARY KEY(`uri`),
  FOREIGN KEY(`task_id`) REFERENCES `tasks`(`id`) ON UPDATE NO ACTION ON DELETE CASCADE);
CREATE TABLE `settings` (`name` TEXT NOT NULL, `value` TEXT, PRIMARY KEY(`name`));
INSERT INTO android_metadata VALUES ('de_DE');
INSERT INTO room_master_table VALUES (42, 'c0ffee');
INSERT INTO lists VALUES (1, 'Inbox', 0);
