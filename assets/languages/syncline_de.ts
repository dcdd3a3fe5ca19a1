<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name></name>
    <message>
        <source>Add database</source>
        <translation>Datenbank hinzufügen</translation>
    </message>
    <message>
        <source>SQLite databases</source>
        <translation>SQLite-Datenbanken</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>Alle Dateien</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>Peer</source>
        <translation>Gegenstelle</translation>
    </message>
    <message>
        <source>Database</source>
        <translation>Datenbank</translation>
    </message>
    <message>
        <source>Sent</source>
        <translation>Gesendet</translation>
    </message>
    <message>
        <source>Received</source>
        <translation>Empfangen</translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation>Bytes</translation>
    </message>
    <message>
        <source>Took</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>Column</source>
        <translation>Spalte</translation>
    </message>
    <message>
        <source>Was</source>
        <translation>War</translation>
    </message>
    <message>
        <source>Became</source>
        <translation>Wurde</translation>
    </message>
    <message>
        <source>Sent {0}, received {1}</source>
        <translation>Gesendet {0}, empfangen {1}</translation>
    </message>
    <message>
        <source>Complete</source>
        <translation>Vollständig</translation>
    </message>
    <message>
        <source>Nothing new</source>
        <translation>Nichts Neues</translation>
    </message>
    <message>
        <source>(too large to be kept)</source>
        <translation>(zu groß zum Aufheben)</translation>
    </message>
    <message>
        <source>just now</source>
        <translation>gerade eben</translation>
    </message>
    <message>
        <source>1 day ago</source>
        <translation>vor 1 Tag</translation>
    </message>
    <message>
        <source>{0} s ago</source>
        <translation>vor {0} s</translation>
    </message>
    <message>
        <source>{0} min ago</source>
        <translation>vor {0} min</translation>
    </message>
    <message>
        <source>{0} h ago</source>
        <translation>vor {0} h</translation>
    </message>
    <message>
        <source>{0} days ago</source>
        <translation>vor {0} Tagen</translation>
    </message>
    <message>
        <source>never</source>
        <translation>nie</translation>
    </message>
    <message>
        <source>{0} s</source>
        <translation>{0} s</translation>
    </message>
    <message>
        <source>{0} min {1} s</source>
        <translation>{0} min {1} s</translation>
    </message>
    <message>
        <source>{0} h {1} min</source>
        <translation>{0} h {1} min</translation>
    </message>
    <message>
        <source>no value</source>
        <translation>kein Wert</translation>
    </message>
    <message>
        <source>blob of {0}</source>
        <translation>Binärdaten, {0}</translation>
    </message>
    <message>
        <source>text, 1 character</source>
        <translation>Text, 1 Zeichen</translation>
    </message>
    <message>
        <source>text, {0} characters</source>
        <translation>Text, {0} Zeichen</translation>
    </message>
    <message>
        <source>whole number</source>
        <translation>ganze Zahl</translation>
    </message>
    <message>
        <source>real number</source>
        <translation>Kommazahl</translation>
    </message>
    <message>
        <source>In sync</source>
        <translation>Synchron</translation>
    </message>
    <message>
        <source>Syncing</source>
        <translation>Abgleich läuft</translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation>Verbinden</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartet</translation>
    </message>
    <message>
        <source>Idle</source>
        <translation>Ruht</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Needs you</source>
        <translation>Braucht Sie</translation>
    </message>
    <message>
        <source>In</source>
        <translation>Ein</translation>
    </message>
    <message>
        <source>Out</source>
        <translation>Aus</translation>
    </message>
    <message>
        <source>Local</source>
        <translation>Lokal</translation>
    </message>
    <message>
        <source>No peer yet.</source>
        <translation>Noch keine Gegenstelle.</translation>
    </message>
    <message>
        <source>No database yet.</source>
        <translation>Noch keine Datenbank.</translation>
    </message>
    <message>
        <source>all {0} peers</source>
        <translation>alle {0} Gegenstellen</translation>
    </message>
    <message>
        <source>{0} of {1} peers</source>
        <translation>{0} von {1} Gegenstellen</translation>
    </message>
    <message>
        <source>Syncline demo: two todo lists and a hub</source>
        <translation>Syncline-Vorführung: zwei Aufgabenlisten und ein Hub</translation>
    </message>
</context>
<context>
    <name>Actions</name>
    <message>
        <source>Sync now</source>
        <translation>Jetzt abgleichen</translation>
    </message>
    <message>
        <source>Sync all now</source>
        <translation>Alle jetzt abgleichen</translation>
    </message>
    <message>
        <source>Auto-sync</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Add database</source>
        <translation>Datenbank hinzufügen</translation>
    </message>
    <message>
        <source>Add peer</source>
        <translation>Gegenstelle hinzufügen</translation>
    </message>
    <message>
        <source>Share</source>
        <translation>Teilen</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Save diagnostics</source>
        <translation>Diagnose speichern</translation>
    </message>
    <message>
        <source>Open Syncline</source>
        <translation>Syncline öffnen</translation>
    </message>
    <message>
        <source>Close window</source>
        <translation>Fenster schließen</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Sync live peers at once and the others on their timer ({0})</source>
        <translation>Verbundene Gegenstellen sofort abgleichen, die anderen nach ihrem Zeitplan ({0})</translation>
    </message>
    <message>
        <source>Choose a SQLite file to keep in sync ({0})</source>
        <translation>Eine SQLite-Datei wählen, die abgeglichen werden soll ({0})</translation>
    </message>
    <message>
        <source>Choose where to sync a database with ({0})</source>
        <translation>Wählen, womit eine Datenbank abgeglichen wird ({0})</translation>
    </message>
    <message>
        <source>Serve databases to other machines</source>
        <translation>Datenbanken für andere Geräte anbieten</translation>
    </message>
    <message>
        <source>Change how Syncline behaves ({0})</source>
        <translation>Ändern, wie sich Syncline verhält ({0})</translation>
    </message>
    <message>
        <source>Sync all peers (F5)</source>
        <translation>Alle Gegenstellen abgleichen (F5)</translation>
    </message>
    <message>
        <source>Sync the chosen peer (F5); all: Shift+F5</source>
        <translation>Die gewählte Gegenstelle abgleichen (F5); alle: Umschalt+F5</translation>
    </message>
    <message>
        <source>Sync the {0} chosen peers (F5); all: Shift+F5</source>
        <translation>Die {0} gewählten Gegenstellen abgleichen (F5); alle: Umschalt+F5</translation>
    </message>
</context>
<context>
    <name>ActivityPanel</name>
    <message>
        <source>Syncs</source>
        <translation>Abgleiche</translation>
    </message>
    <message>
        <source>Each sync is listed here for 30 days.</source>
        <translation>Jeder Abgleich steht hier 30 Tage lang.</translation>
    </message>
    <message>
        <source>Overwritten values</source>
        <translation>Überschriebene Werte</translation>
    </message>
    <message>
        <source>When a peer&apos;s change takes the place of a value of yours, the old one is kept here.</source>
        <translation>Wenn die Änderung einer Gegenstelle einen Ihrer Werte ersetzt, wird der alte hier aufgehoben.</translation>
    </message>
    <message>
        <source>What is listed</source>
        <translation>Was aufgelistet wird</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>Filtern</translation>
    </message>
    <message>
        <source>Filter the list</source>
        <translation>Die Liste filtern</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren…</translation>
    </message>
    <message>
        <source>Export the syncs</source>
        <translation>Die Abgleiche exportieren</translation>
    </message>
    <message>
        <source>Write all syncs of the last 30 days into a CSV or JSON file</source>
        <translation>Alle Abgleiche der letzten 30 Tage in eine CSV- oder JSON-Datei schreiben</translation>
    </message>
    <message>
        <source>1 sync</source>
        <translation>1 Abgleich</translation>
    </message>
    <message>
        <source>{0} syncs</source>
        <translation>{0} Abgleiche</translation>
    </message>
    <message>
        <source>1 value</source>
        <translation>1 Wert</translation>
    </message>
    <message>
        <source>{0} values</source>
        <translation>{0} Werte</translation>
    </message>
    <message>
        <source>Show the values…</source>
        <translation>Die Werte zeigen…</translation>
    </message>
</context>
<context>
    <name>CheckedLine</name>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Show %1</source>
        <translation>%1 zeigen</translation>
    </message>
</context>
<context>
    <name>ClocksModel</name>
    <message>
        <source>Site</source>
        <translation>Kennung</translation>
    </message>
    <message>
        <source>The id of a replica, its first eight digits.</source>
        <translation>Die Kennung einer Kopie, ihre ersten acht Stellen.</translation>
    </message>
    <message>
        <source>Whose</source>
        <translation>Wessen</translation>
    </message>
    <message>
        <source>The peer or database that goes by this id.</source>
        <translation>Die Gegenstelle oder Datenbank mit dieser Kennung.</translation>
    </message>
    <message>
        <source>Received clock</source>
        <translation>Empfangener Stand</translation>
    </message>
    <message>
        <source>The site&apos;s version up to which all is here.</source>
        <translation>Die Version der anderen Seite, bis zu der alles hier ist.</translation>
    </message>
    <message>
        <source>Sent clock</source>
        <translation>Gesendeter Stand</translation>
    </message>
    <message>
        <source>The version here up to which the site confirmed all.</source>
        <translation>Die hiesige Version, bis zu der die andere Seite alles bestätigt hat.</translation>
    </message>
    <message>
        <source>Last time</source>
        <translation>Zuletzt</translation>
    </message>
    <message>
        <source>When the site was last heard from.</source>
        <translation>Wann die andere Seite zuletzt von sich hören ließ.</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>Not known.</source>
        <translation>Nicht bekannt.</translation>
    </message>
    <message>
        <source>Nothing was received from this site directly.</source>
        <translation>Von dieser Seite kam unmittelbar nichts.</translation>
    </message>
    <message>
        <source>This site has confirmed nothing.</source>
        <translation>Diese Seite hat nichts bestätigt.</translation>
    </message>
</context>
<context>
    <name>ClocksPanel</name>
    <message>
        <source>Database</source>
        <translation>Datenbank</translation>
    </message>
    <message>
        <source>&amp;Database:</source>
        <translation>&amp;Datenbank:</translation>
    </message>
    <message>
        <source>This database&apos;s own clock</source>
        <translation>Der Stand dieser Datenbank selbst</translation>
    </message>
    <message>
        <source>Clocks</source>
        <translation>Stände</translation>
    </message>
    <message>
        <source>Add a database to see the clocks that it keeps.</source>
        <translation>Fügen Sie eine Datenbank hinzu, um die Stände zu sehen, die sie führt.</translation>
    </message>
    <message>
        <source>No clock yet: the file cannot be read, or none of its tables is syncable.</source>
        <translation>Noch kein Stand: Die Datei kann nicht gelesen werden, oder keine ihrer Tabellen ist abgleichbar.</translation>
    </message>
    <message>
        <source>Once a table is syncable, the sites it is synced with appear here.</source>
        <translation>Sobald eine Tabelle abgleichbar ist, erscheinen hier die Seiten, mit denen sie abgeglichen wird.</translation>
    </message>
    <message>
        <source>Version here: {0}   Site: {1}</source>
        <translation>Version hier: {0}   Kennung: {1}</translation>
    </message>
    <message>
        <source>No other site has been met yet.</source>
        <translation>Noch keine andere Seite ist bekannt.</translation>
    </message>
</context>
<context>
    <name>Commands</name>
    <message>
        <source>Something unexpected went wrong ({0}). Syncline goes on.</source>
        <translation>Etwas Unerwartetes ging schief ({0}). Syncline läuft weiter.</translation>
    </message>
    <message>
        <source>Synced just now.</source>
        <translation>Gerade abgeglichen.</translation>
    </message>
</context>
<context>
    <name>DatabaseDialog</name>
    <message>
        <source>Tables</source>
        <translation>Tabellen</translation>
    </message>
    <message>
        <source>Add database</source>
        <translation>Datenbank hinzufügen</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Tables of the file</source>
        <translation>Tabellen der Datei</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>Rows</source>
        <translation>Zeilen</translation>
    </message>
    <message>
        <source>Sync</source>
        <translation>Abgleich</translation>
    </message>
    <message>
        <source>Tick &amp;all</source>
        <translation>&amp;Alle ankreuzen</translation>
    </message>
    <message>
        <source>Make syncable</source>
        <translation>Abgleichbar machen</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
    <message>
        <source>File:</source>
        <translation>Datei:</translation>
    </message>
    <message>
        <source>&amp;Name:</source>
        <translation>&amp;Name:</translation>
    </message>
    <message>
        <source>Key: %1</source>
        <translation>Schlüssel: %1</translation>
    </message>
    <message>
        <source>Syncable</source>
        <translation>Abgleichbar</translation>
    </message>
    <message>
        <source>Can be made syncable</source>
        <translation>Kann abgleichbar werden</translation>
    </message>
    <message>
        <source>Cannot be synced</source>
        <translation>Nicht abgleichbar</translation>
    </message>
    <message>
        <source>Choose at least one table to make syncable.</source>
        <translation>Wählen Sie mindestens eine Tabelle, die abgleichbar werden soll.</translation>
    </message>
    <message>
        <source>To make a table syncable, triggers and tables called “…__crsql_…” are added to the file. Every program that writes to the table must load cr-sqlite from then on; programs that only read need nothing.</source>
        <translation>Damit eine Tabelle abgleichbar wird, kommen Trigger und Tabellen namens „…__crsql_…“ in die Datei. Jedes Programm, das in die Tabelle schreibt, muss von da an cr-sqlite laden; Programme, die nur lesen, brauchen nichts.</translation>
    </message>
    <message>
        <source>No table of this file can be synced as it is; what stands in the way is said above.</source>
        <translation>Keine Tabelle dieser Datei ist abgleichbar, wie sie ist; was im Weg steht, steht oben.</translation>
    </message>
    <message>
        <source>The file has no table yet. Open it in its program first, then add it.</source>
        <translation>Die Datei hat noch keine Tabelle. Öffnen Sie sie erst in ihrem Programm, dann fügen Sie sie hinzu.</translation>
    </message>
    <message>
        <source>A backup is made first, in %1.</source>
        <translation>Vorher wird eine Sicherung gemacht, in %1.</translation>
    </message>
</context>
<context>
    <name>FlowModel</name>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Direction</source>
        <translation>Richtung</translation>
    </message>
    <message>
        <source>Peer</source>
        <translation>Gegenstelle</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>Column</source>
        <translation>Spalte</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>Version</translation>
    </message>
    <message>
        <source>Author</source>
        <translation>Urheber</translation>
    </message>
    <message>
        <source>(empty)</source>
        <translation>(leer)</translation>
    </message>
    <message>
        <source>(created)</source>
        <translation>(angelegt)</translation>
    </message>
    <message>
        <source>(deleted)</source>
        <translation>(gelöscht)</translation>
    </message>
    <message>
        <source>was {0}</source>
        <translation>war {0}</translation>
    </message>
    <message>
        <source>The row as a whole.</source>
        <translation>Die Zeile als Ganzes.</translation>
    </message>
</context>
<context>
    <name>FlowPanel</name>
    <message>
        <source>Change flow</source>
        <translation>Änderungen</translation>
    </message>
    <message>
        <source>Changes appear here as they come in, go out or are written on this machine.</source>
        <translation>Hier erscheinen Änderungen, wie sie hereinkommen, hinausgehen oder auf diesem Rechner geschrieben werden.</translation>
    </message>
    <message>
        <source>Filter changes</source>
        <translation>Änderungen filtern</translation>
    </message>
    <message>
        <source>Filter changes by text</source>
        <translation>Änderungen nach Text filtern</translation>
    </message>
    <message>
        <source>All peers</source>
        <translation>Alle Gegenstellen</translation>
    </message>
    <message>
        <source>Filter changes by peer</source>
        <translation>Änderungen nach Gegenstelle filtern</translation>
    </message>
    <message>
        <source>All tables</source>
        <translation>Alle Tabellen</translation>
    </message>
    <message>
        <source>Filter changes by table</source>
        <translation>Änderungen nach Tabelle filtern</translation>
    </message>
    <message>
        <source>All directions</source>
        <translation>Alle Richtungen</translation>
    </message>
    <message>
        <source>Filter changes by direction</source>
        <translation>Änderungen nach Richtung filtern</translation>
    </message>
    <message>
        <source>Follow</source>
        <translation>Folgen</translation>
    </message>
    <message>
        <source>Keep the newest change in sight (Ctrl+End)</source>
        <translation>Die neueste Änderung im Blick behalten (Strg+Ende)</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Let new changes wait</source>
        <translation>Neue Änderungen warten lassen</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Leeren</translation>
    </message>
    <message>
        <source>Forget the changes shown here</source>
        <translation>Die hier gezeigten Änderungen vergessen</translation>
    </message>
    <message>
        <source>{0} of {1} changes</source>
        <translation>{0} von {1} Änderungen</translation>
    </message>
    <message>
        <source>No change matches the filter.</source>
        <translation>Keine Änderung passt zum Filter.</translation>
    </message>
    <message>
        <source>1 change</source>
        <translation>1 Änderung</translation>
    </message>
    <message>
        <source>{0} changes</source>
        <translation>{0} Änderungen</translation>
    </message>
    <message>
        <source>Paused, {0} waiting</source>
        <translation>Angehalten, {0} warten</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Show the value…</source>
        <translation>Den Wert zeigen…</translation>
    </message>
</context>
<context>
    <name>NoticeBar</name>
    <message>
        <source>Notice</source>
        <translation>Hinweis</translation>
    </message>
    <message>
        <source>Copy the notice</source>
        <translation>Den Hinweis kopieren</translation>
    </message>
    <message>
        <source>Copy what it says, with all details</source>
        <translation>Kopieren, was da steht, mit allen Einzelheiten</translation>
    </message>
    <message>
        <source>Dismiss the notice</source>
        <translation>Den Hinweis schließen</translation>
    </message>
    <message>
        <source>Dismiss (Esc)</source>
        <translation>Schließen (Esc)</translation>
    </message>
    <message>
        <source>{0} more</source>
        <translation>{0} weitere</translation>
    </message>
</context>
<context>
    <name>Notifier</name>
    <message>
        <source>The first sync is done.</source>
        <translation>Der erste Abgleich ist fertig.</translation>
    </message>
    <message>
        <source>Not heard from for {0} days.</source>
        <translation>Seit {0} Tagen nichts gehört.</translation>
    </message>
    <message>
        <source>and {0} more</source>
        <translation>und {0} weitere</translation>
    </message>
</context>
<context>
    <name>PauseMenu</name>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>30 minutes</source>
        <translation>30 Minuten</translation>
    </message>
    <message>
        <source>1 hour</source>
        <translation>1 Stunde</translation>
    </message>
    <message>
        <source>Until tomorrow</source>
        <translation>Bis morgen</translation>
    </message>
    <message>
        <source>Until resumed</source>
        <translation>Bis zum Fortsetzen</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
</context>
<context>
    <name>PeerDialog</name>
    <message>
        <source>Add peer</source>
        <translation>Gegenstelle hinzufügen</translation>
    </message>
    <message>
        <source>Change peer</source>
        <translation>Gegenstelle ändern</translation>
    </message>
    <message>
        <source>Database</source>
        <translation>Datenbank</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>wss://example.org:8080/sync, or a pairing link</source>
        <translation>wss://example.org/sync oder ein Link</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>Room</source>
        <translation>Raum</translation>
    </message>
    <message>
        <source>the database&apos;s name on the hub</source>
        <translation>der Name der Datenbank auf dem Hub</translation>
    </message>
    <message>
        <source>Token</source>
        <translation>Token</translation>
    </message>
    <message>
        <source>empty when the hub asks for none</source>
        <translation>leer, wenn der Hub keines verlangt</translation>
    </message>
    <message>
        <source>When to sync</source>
        <translation>Wann abgleichen</translation>
    </message>
    <message>
        <source>At once: stay connected</source>
        <translation>Sofort: verbunden bleiben</translation>
    </message>
    <message>
        <source>Every so many minutes</source>
        <translation>Alle soundso viele Minuten</translation>
    </message>
    <message>
        <source>Only by hand</source>
        <translation>Nur von Hand</translation>
    </message>
    <message>
        <source>Minutes between two syncs</source>
        <translation>Minuten zwischen zwei Abgleichen</translation>
    </message>
    <message>
        <source> min</source>
        <translation> min</translation>
    </message>
    <message>
        <source>Direction</source>
        <translation>Richtung</translation>
    </message>
    <message>
        <source>Both ways</source>
        <translation>Beide Richtungen</translation>
    </message>
    <message>
        <source>Receive only</source>
        <translation>Nur empfangen</translation>
    </message>
    <message>
        <source>Send only</source>
        <translation>Nur senden</translation>
    </message>
    <message>
        <source>Stale after</source>
        <translation>Veraltet nach</translation>
    </message>
    <message>
        <source>as many days as the settings say</source>
        <translation>so viele Tage, wie die Einstellungen sagen</translation>
    </message>
    <message>
        <source> days</source>
        <translation> Tagen</translation>
    </message>
    <message>
        <source>Not heard from for this long, the peer is marked and named in a notification</source>
        <translation>Ist so lange nichts zu hören, wird die Gegenstelle markiert und in einer Meldung genannt</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>&amp;Database:</source>
        <translation>&amp;Datenbank:</translation>
    </message>
    <message>
        <source>&amp;Address:</source>
        <translation>&amp;Adresse:</translation>
    </message>
    <message>
        <source>&amp;Room:</source>
        <translation>&amp;Raum:</translation>
    </message>
    <message>
        <source>To&amp;ken:</source>
        <translation>To&amp;ken:</translation>
    </message>
    <message>
        <source>&amp;Name:</source>
        <translation>&amp;Name:</translation>
    </message>
    <message>
        <source>&amp;Sync:</source>
        <translation>Ab&amp;gleich:</translation>
    </message>
    <message>
        <source>D&amp;irection:</source>
        <translation>R&amp;ichtung:</translation>
    </message>
    <message>
        <source>Sta&amp;le after:</source>
        <translation>&amp;Veraltet nach:</translation>
    </message>
    <message>
        <source>To sync another database with it, add a peer for that one</source>
        <translation>Um eine andere Datenbank damit abzugleichen, fügen Sie für diese eine Gegenstelle hinzu</translation>
    </message>
    <message>
        <source>For the room “%1”. Both machines show: %2</source>
        <translation>Für den Raum „%1“. Beide Geräte zeigen: %2</translation>
    </message>
    <message>
        <source>Add a database first.</source>
        <translation>Fügen Sie erst eine Datenbank hinzu.</translation>
    </message>
    <message>
        <source>any name; by default the room and the host</source>
        <translation>ein beliebiger Name; sonst Raum und Rechner</translation>
    </message>
    <message>
        <source>“%1” syncs this database with this room already.</source>
        <translation>„%1“ gleicht diese Datenbank schon mit diesem Raum ab.</translation>
    </message>
</context>
<context>
    <name>PeersModel</name>
    <message>
        <source>{0}, stale</source>
        <translation>{0}, veraltet</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>{0} von {1}</translation>
    </message>
    <message>
        <source>Not heard from for long. Last in sync: {0}.</source>
        <translation>Lange nichts gehört. Zuletzt synchron: {0}.</translation>
    </message>
    <message>
        <source>Next: {0}</source>
        <translation>Nächster: {0}</translation>
    </message>
    <message>
        <source>Nothing is known of this peer yet: it has never answered.</source>
        <translation>Von dieser Gegenstelle ist noch nichts bekannt: Sie hat nie geantwortet.</translation>
    </message>
    <message>
        <source>All that the peer wrote up to its version {0} is on this disk.</source>
        <translation>Alles, was die Gegenstelle bis zu ihrer Version {0} schrieb, ist auf dieser Platte.</translation>
    </message>
    <message>
        <source>The peer has confirmed all that this database holds up to version {0}.</source>
        <translation>Die Gegenstelle hat alles bestätigt, was diese Datenbank bis Version {0} hat.</translation>
    </message>
    <message>
        <source>Peer</source>
        <translation>Gegenstelle</translation>
    </message>
    <message>
        <source>Database</source>
        <translation>Datenbank</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Last-seen clock</source>
        <translation>Gesehener Stand</translation>
    </message>
    <message>
        <source>Confirmed clock</source>
        <translation>Bestätigter Stand</translation>
    </message>
    <message>
        <source>To send</source>
        <translation>Zu senden</translation>
    </message>
    <message>
        <source>To receive</source>
        <translation>Zu holen</translation>
    </message>
    <message>
        <source>Last success</source>
        <translation>Letzter Erfolg</translation>
    </message>
    <message>
        <source>Last attempt</source>
        <translation>Letzter Versuch</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>What you call the other side.</source>
        <translation>Wie Sie die andere Seite nennen.</translation>
    </message>
    <message>
        <source>The local database that is kept in sync with it.</source>
        <translation>Die hiesige Datenbank, die damit abgeglichen wird.</translation>
    </message>
    <message>
        <source>Derived from the clocks; point at it to see why.</source>
        <translation>Aus den Ständen abgeleitet; zeigen Sie darauf, um den Grund zu sehen.</translation>
    </message>
    <message>
        <source>The peer&apos;s version that is on this disk: all that it wrote up to it is here.</source>
        <translation>Die Version der Gegenstelle, die auf dieser Platte ist: Alles, was sie bis dahin schrieb, ist hier.</translation>
    </message>
    <message>
        <source>This database&apos;s version that the peer says is on its disk.</source>
        <translation>Die Version dieser Datenbank, die laut der Gegenstelle auf ihrer Platte ist.</translation>
    </message>
    <message>
        <source>Versions written here that the peer has not confirmed.</source>
        <translation>Hier geschriebene Versionen, die die Gegenstelle nicht bestätigt hat.</translation>
    </message>
    <message>
        <source>Versions that the peer announced and that are not on this disk.</source>
        <translation>Versionen, die die Gegenstelle angekündigt hat und die nicht auf dieser Platte sind.</translation>
    </message>
    <message>
        <source>When both sides last held all of each other.</source>
        <translation>Wann beide Seiten zuletzt alles voneinander hatten.</translation>
    </message>
    <message>
        <source>When a connection was last tried.</source>
        <translation>Wann zuletzt eine Verbindung versucht wurde.</translation>
    </message>
    <message>
        <source>The address, and the room there.</source>
        <translation>Die Adresse, und der Raum dort.</translation>
    </message>
</context>
<context>
    <name>PeersPanel</name>
    <message>
        <source>Peers</source>
        <translation>Gegenstellen</translation>
    </message>
    <message>
        <source>No peer matches the filter.</source>
        <translation>Keine Gegenstelle passt zum Filter.</translation>
    </message>
    <message>
        <source>Filter peers</source>
        <translation>Gegenstellen filtern</translation>
    </message>
    <message>
        <source>Add database…</source>
        <translation>Datenbank hinzufügen…</translation>
    </message>
    <message>
        <source>Watch the demo</source>
        <translation>Die Vorführung ansehen</translation>
    </message>
    <message>
        <source>Add peer…</source>
        <translation>Gegenstelle hinzufügen…</translation>
    </message>
    <message>
        <source>No peer yet</source>
        <translation>Noch keine Gegenstelle</translation>
    </message>
    <message>
        <source>A peer is where a database is synced to: your own hub or a vlcn server.</source>
        <translation>Eine Gegenstelle ist, womit eine Datenbank abgeglichen wird: Ihr eigener Hub oder ein vlcn-Server.</translation>
    </message>
    <message>
        <source>A hub of your own, on this or another machine: syncline serve FOLDER</source>
        <translation>Ein eigener Hub, auf diesem oder einem anderen Rechner: syncline serve ORDNER</translation>
    </message>
    <message>
        <source>No database yet</source>
        <translation>Noch keine Datenbank</translation>
    </message>
    <message>
        <source>Add the SQLite file of your app, or drop it here. It is backed up before anything changes.</source>
        <translation>Fügen Sie die SQLite-Datei Ihres Programms hinzu, oder legen Sie sie hier ab. Sie wird gesichert, bevor sich etwas ändert.</translation>
    </message>
    <message>
        <source>Then add a peer to sync it with. Syncline keeps both the same from the tray, and says so.</source>
        <translation>Dann fügen Sie eine Gegenstelle hinzu. Syncline hält beide vom Infobereich aus gleich, und sagt es.</translation>
    </message>
    <message>
        <source>Sync now</source>
        <translation>Jetzt abgleichen</translation>
    </message>
    <message>
        <source>Show changes</source>
        <translation>Änderungen zeigen</translation>
    </message>
    <message>
        <source>Verify</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>Ask the peer for digests of its tables, and compare them with those here</source>
        <translation>Die Gegenstelle nach Prüfsummen ihrer Tabellen fragen und sie mit den hiesigen vergleichen</translation>
    </message>
    <message>
        <source>Edit…</source>
        <translation>Bearbeiten…</translation>
    </message>
    <message>
        <source>New &amp;id…</source>
        <translation>Neue &amp;Kennung…</translation>
    </message>
    <message>
        <source>For a file that was copied, or restored from a backup</source>
        <translation>Für eine Datei, die kopiert oder aus einer Sicherung zurückgeholt wurde</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Entfernen…</translation>
    </message>
</context>
<context>
    <name>RatesGraph</name>
    <message>
        <source>Changes per second</source>
        <translation>Änderungen je Sekunde</translation>
    </message>
    <message>
        <source>Changes per second in the last minute: in up to {0}, out up to {1}</source>
        <translation>Änderungen je Sekunde in der letzten Minute: herein bis {0}, hinaus bis {1}</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Start at login</source>
        <translation>Beim Anmelden starten</translation>
    </message>
    <message>
        <source>Syncline starts in the tray when you log in.</source>
        <translation>Syncline startet im Infobereich, wenn Sie sich anmelden.</translation>
    </message>
    <message>
        <source>Links that begin with syncline: open Add peer here, wherever you click on them.</source>
        <translation>Links, die mit syncline: beginnen, öffnen hier „Gegenstelle hinzufügen“, wo immer man sie anklickt.</translation>
    </message>
    <message>
        <source>Open pairing links</source>
        <translation>Kopplungslinks öffnen</translation>
    </message>
</context>
<context>
    <name>ShareDialog</name>
    <message>
        <source>Share</source>
        <translation>Teilen</translation>
    </message>
    <message>
        <source>Databases to share</source>
        <translation>Zu teilende Datenbanken</translation>
    </message>
    <message>
        <source>In the local network, not for this machine alone</source>
        <translation>Im lokalen Netz, nicht nur für dieses Gerät</translation>
    </message>
    <message>
        <source>Link for</source>
        <translation>Link für</translation>
    </message>
    <message>
        <source>New link</source>
        <translation>Neuer Link</translation>
    </message>
    <message>
        <source>Pairing link</source>
        <translation>Kopplungslink</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Pairing link as a QR code</source>
        <translation>Kopplungslink als QR-Code</translation>
    </message>
    <message>
        <source>Who may come in</source>
        <translation>Wer hereindarf</translation>
    </message>
    <message>
        <source>Throw out</source>
        <translation>Ausschließen</translation>
    </message>
    <message>
        <source>Link for:</source>
        <translation>Link für:</translation>
    </message>
    <message>
        <source>Share these databases:</source>
        <translation>Diese Datenbanken teilen:</translation>
    </message>
    <message>
        <source>Who may come in:</source>
        <translation>Wer hereindarf:</translation>
    </message>
    <message>
        <source>%1 has used the link. Both machines show: %2</source>
        <translation>%1 hat den Link benutzt. Beide Geräte zeigen: %2</translation>
    </message>
    <message>
        <source>Nothing is shared.</source>
        <translation>Es wird nichts geteilt.</translation>
    </message>
    <message>
        <source>Shared at port %1.</source>
        <translation>Geteilt an Port %1.</translation>
    </message>
    <message>
        <source>Nobody was paired yet.</source>
        <translation>Noch ist niemand gekoppelt.</translation>
    </message>
    <message>
        <source>%1: %2, connected</source>
        <translation>%1: %2, verbunden</translation>
    </message>
    <message>
        <source>%1: %2, not seen yet</source>
        <translation>%1: %2, noch nicht gesehen</translation>
    </message>
    <message>
        <source>%1: %2, last seen %3</source>
        <translation>%1: %2, zuletzt gesehen %3</translation>
    </message>
    <message>
        <source>Good once, for ten minutes. Keep it to yourself. Both machines show: %1</source>
        <translation>Einmal gültig, zehn Minuten lang. Behalten Sie ihn für sich. Beide Geräte zeigen: %1</translation>
    </message>
</context>
<context>
    <name>Surroundings</name>
    <message>
        <source>This machine runs on its battery.</source>
        <translation>Dieser Rechner läuft mit Akku.</translation>
    </message>
    <message>
        <source>The network is metered.</source>
        <translation>Das Netz ist getaktet.</translation>
    </message>
</context>
<context>
    <name>Table</name>
    <message>
        <source>Copy cell</source>
        <translation>Zelle kopieren</translation>
    </message>
    <message>
        <source>Sort by this column</source>
        <translation>Nach dieser Spalte sortieren</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>Spalten</translation>
    </message>
</context>
<context>
    <name>Toolbar</name>
    <message>
        <source>Toolbar</source>
        <translation>Werkzeugleiste</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>Databases</source>
        <translation>Datenbanken</translation>
    </message>
    <message>
        <source>Tables…</source>
        <translation>Tabellen…</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Entfernen…</translation>
    </message>
    <message>
        <source>None yet</source>
        <translation>Noch keine</translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message>
        <source>Latest changes</source>
        <translation>Letzte Änderungen</translation>
    </message>
</context>
<context>
    <name>TrialPanel</name>
    <message>
        <source>&amp;Test</source>
        <translation>&amp;Testen</translation>
    </message>
    <message>
        <source>Connect once and look; nothing is changed on either side</source>
        <translation>Einmal verbinden und nachsehen; auf keiner Seite ändert sich etwas</translation>
    </message>
    <message>
        <source>The test is under way</source>
        <translation>Der Test läuft</translation>
    </message>
    <message>
        <source>Ready to sync.</source>
        <translation>Bereit zum Abgleich.</translation>
    </message>
    <message>
        <source>Not ready to sync.</source>
        <translation>Nicht bereit zum Abgleich.</translation>
    </message>
    <message>
        <source>S&amp;top the test</source>
        <translation>Den &amp;Test abbrechen</translation>
    </message>
    <message>
        <source>Reachable</source>
        <translation>Erreichbar</translation>
    </message>
    <message>
        <source>Protocol</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Token</source>
        <translation>Token</translation>
    </message>
    <message>
        <source>Room</source>
        <translation>Raum</translation>
    </message>
    <message>
        <source>Tables</source>
        <translation>Tabellen</translation>
    </message>
</context>
<context>
    <name>ValueDialog</name>
    <message>
        <source>Change</source>
        <translation>Änderung</translation>
    </message>
    <message>
        <source>Table:</source>
        <translation>Tabelle:</translation>
    </message>
    <message>
        <source>Key:</source>
        <translation>Schlüssel:</translation>
    </message>
    <message>
        <source>Column:</source>
        <translation>Spalte:</translation>
    </message>
    <message>
        <source>&amp;New value</source>
        <translation>&amp;Neuer Wert</translation>
    </message>
    <message>
        <source>&amp;Old value</source>
        <translation>&amp;Alter Wert</translation>
    </message>
    <message>
        <source>The old value was too large to be kept.</source>
        <translation>Der alte Wert war zu groß zum Aufheben.</translation>
    </message>
    <message>
        <source>&amp;Put the old value back</source>
        <translation>Alten Wert &amp;zurückholen</translation>
    </message>
    <message>
        <source>Writes it into the database; it is synced as any change of yours</source>
        <translation>Schreibt ihn in die Datenbank; er wird abgeglichen wie jede Ihrer Änderungen</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy: {0}</source>
        <translation>Kopieren: {0}</translation>
    </message>
</context>
<context>
    <name>VerifyDialog</name>
    <message>
        <source>Compare with {0}</source>
        <translation>Vergleich mit {0}</translation>
    </message>
    <message>
        <source>&amp;Compare again</source>
        <translation>Noch einmal &amp;vergleichen</translation>
    </message>
    <message>
        <source>Comparing…</source>
        <translation>Wird verglichen…</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>Row</source>
        <translation>Zeile</translation>
    </message>
    <message>
        <source>Here</source>
        <translation>Hier</translation>
    </message>
    <message>
        <source>There</source>
        <translation>Dort</translation>
    </message>
    <message>
        <source>Rows that differ</source>
        <translation>Zeilen, die sich unterscheiden</translation>
    </message>
    <message>
        <source>Send &amp;ours again</source>
        <translation>&amp;Unseres noch einmal senden</translation>
    </message>
    <message>
        <source>Everything from here is sent once more; of each cell the newer value stays</source>
        <translation>Alles von hier wird noch einmal gesendet; in jeder Zelle bleibt der neuere Wert</translation>
    </message>
    <message>
        <source>Have &amp;theirs sent again</source>
        <translation>&amp;Dortiges noch einmal senden lassen</translation>
    </message>
    <message>
        <source>Everything from there is sent once more; of each cell the newer value stays</source>
        <translation>Alles von dort wird noch einmal gesendet; in jeder Zelle bleibt der neuere Wert</translation>
    </message>
    <message>
        <source>&amp;Keep ours</source>
        <translation>Unseres &amp;behalten</translation>
    </message>
    <message>
        <source>Writes the rows that are listed as new, as they are here, after a backup</source>
        <translation>Schreibt die Zeilen der Liste nach einer Sicherung neu, so wie sie hier sind</translation>
    </message>
    <message>
        <source>Ta&amp;ke theirs</source>
        <translation>Dortiges &amp;nehmen</translation>
    </message>
    <message>
        <source>Writes the rows that are listed as new, as they are there, after a backup</source>
        <translation>Schreibt die Zeilen der Liste nach einer Sicherung neu, so wie sie dort sind</translation>
    </message>
    <message>
        <source>Mending…</source>
        <translation>Wird behoben…</translation>
    </message>
    <message>
        <source>Identical. Tables: {0}, rows: {1}.</source>
        <translation>Gleich. Tabellen: {0}, Zeilen: {1}.</translation>
    </message>
    <message>
        <source>The same rows, with a different history. Tables: {0}, rows: {1}.</source>
        <translation>Dieselben Zeilen mit anderer Vorgeschichte. Tabellen: {0}, Zeilen: {1}.</translation>
    </message>
    <message>
        <source>More than {0} rows differ; these are the first.</source>
        <translation>Mehr als {0} Zeilen unterscheiden sich; dies sind die ersten.</translation>
    </message>
    <message>
        <source>Rows that differ: {0}.</source>
        <translation>Zeilen, die sich unterscheiden: {0}.</translation>
    </message>
    <message>
        <source>Have everything sent again first. Rows that differ even then were changed without a record: choose whose stay.</source>
        <translation>Lassen Sie zuerst alles noch einmal senden. Zeilen, die sich auch dann unterscheiden, wurden ohne Aufzeichnung geändert: Wählen Sie, welche bleiben.</translation>
    </message>
    <message>
        <source>This does no harm: one side remembers rows that are gone, which the other never had.</source>
        <translation>Das schadet nicht: Eine Seite erinnert sich an gelöschte Zeilen, die die andere nie hatte.</translation>
    </message>
    <message>
        <source>no such row</source>
        <translation>keine solche Zeile</translation>
    </message>
    <message>
        <source>too large to be shown</source>
        <translation>zu groß, um gezeigt zu werden</translation>
    </message>
</context>
<context>
    <name>Window</name>
    <message>
        <source>Syncline</source>
        <translation>Syncline</translation>
    </message>
    <message>
        <source>Change flow</source>
        <translation>Änderungen</translation>
    </message>
    <message>
        <source>Clocks</source>
        <translation>Stände</translation>
    </message>
    <message>
        <source>Activity</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>State of all peers</source>
        <translation>Zustand aller Gegenstellen</translation>
    </message>
    <message>
        <source>Opening the databases…</source>
        <translation>Die Datenbanken werden geöffnet…</translation>
    </message>
    <message>
        <source>This desktop shows no tray icons, so closing only minimises the window. On GNOME, the extension “AppIndicator” brings them. To end Syncline, choose Quit.</source>
        <translation>Dieser Schreibtisch zeigt keine Symbole im Infobereich, daher wird das Fenster beim Schließen nur verkleinert. Unter GNOME bringt die Erweiterung „AppIndicator“ sie. Um Syncline zu beenden, wählen Sie „Beenden“.</translation>
    </message>
</context>
<context>
    <name>Wishes</name>
    <message>
        <source>Remove peer</source>
        <translation>Gegenstelle entfernen</translation>
    </message>
    <message>
        <source>Remove peers</source>
        <translation>Gegenstellen entfernen</translation>
    </message>
    <message>
        <source>Remove {0}? The databases stay as they are on both sides.</source>
        <translation>{0} entfernen? Die Datenbanken bleiben auf beiden Seiten, wie sie sind.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Remove {0} and its peers from Syncline? The file stays as it is.</source>
        <translation>{0} und ihre Gegenstellen aus Syncline entfernen? Die Datei bleibt, wie sie ist.</translation>
    </message>
    <message>
        <source>Remove database</source>
        <translation>Datenbank entfernen</translation>
    </message>
    <message>
        <source>The old value is back.</source>
        <translation>Der alte Wert ist wieder da.</translation>
    </message>
    <message>
        <source>Export the syncs</source>
        <translation>Die Abgleiche exportieren</translation>
    </message>
    <message>
        <source>Wrote {0} syncs to {1}.</source>
        <translation>{0} Abgleiche nach {1} geschrieben.</translation>
    </message>
    <message>
        <source>This file was copied, or restored from a backup</source>
        <translation>Diese Datei wurde kopiert oder aus einer Sicherung zurückgeholt</translation>
    </message>
    <message>
        <source>{0} was copied, or restored from a backup: another file goes on under its id. Give it an id of its own? A backup is made first. No row changes; with each peer it syncs once more from the start. If the other copy has synced too, give that one a new id as well.</source>
        <translation>{0} wurde kopiert oder aus einer Sicherung zurückgeholt: Eine andere Datei macht unter ihrer Kennung weiter. Soll sie eine eigene bekommen? Vorher wird gesichert. Keine Zeile ändert sich; mit jeder Gegenstelle wird einmal von vorn abgeglichen. Hat auch die andere Kopie abgeglichen, geben Sie auch ihr eine neue Kennung.</translation>
    </message>
    <message>
        <source>Give it a new id</source>
        <translation>Neue Kennung geben</translation>
    </message>
    <message>
        <source>{0} has an id of its own now.</source>
        <translation>{0} hat jetzt eine eigene Kennung.</translation>
    </message>
    <message>
        <source>The diagnostics are in {0}. They hold no tokens and no values; look before you share them.</source>
        <translation>Die Diagnose ist in {0}. Sie enthält keine Token und keine Werte; sehen Sie sie an, bevor Sie sie weitergeben.</translation>
    </message>
</context>
<context>
    <name>WriteBar</name>
    <message>
        <source>Two todo lists, each in its own file, in sync through a hub on this machine.</source>
        <translation>Zwei Aufgabenlisten, jede in ihrer eigenen Datei, über einen Hub auf diesem Rechner abgeglichen.</translation>
    </message>
    <message>
        <source>Write something on the {0}</source>
        <translation>Etwas auf „{0}“ schreiben</translation>
    </message>
    <message>
        <source>Adds, changes or deletes a todo, through a connection of its own, as an app does</source>
        <translation>Fügt eine Aufgabe hinzu, ändert oder löscht eine, über eine eigene Verbindung, wie es ein Programm tut</translation>
    </message>
    <message>
        <source>Run the script</source>
        <translation>Das Skript abspielen</translation>
    </message>
    <message>
        <source>Both sides write, together and apart, and come together again</source>
        <translation>Beide Seiten schreiben, zusammen und getrennt, und kommen wieder zusammen</translation>
    </message>
</context>
<context>
    <name>engine</name>
    <message>
        <source>Not tried yet.</source>
        <translation>Noch nicht versucht.</translation>
    </message>
    <message>
        <source>Connecting to {0}.</source>
        <translation>Verbindung zu {0} wird aufgebaut.</translation>
    </message>
    <message>
        <source>Connected; waiting for the greeting.</source>
        <translation>Verbunden; wartet auf die Begrüßung.</translation>
    </message>
    <message>
        <source>Everything is on both disks.</source>
        <translation>Alles ist auf beiden Platten.</translation>
    </message>
    <message>
        <source>All sent; this kind of server confirms later.</source>
        <translation>Alles gesendet; Server dieser Art bestätigen später.</translation>
    </message>
    <message>
        <source>Confirmed up to {0} at {1}.</source>
        <translation>Bestätigt bis {0} um {1}.</translation>
    </message>
    <message>
        <source>Confirmed up to {0}.</source>
        <translation>Bestätigt bis {0}.</translation>
    </message>
    <message>
        <source>Comparing clocks.</source>
        <translation>Die Stände werden verglichen.</translation>
    </message>
    <message>
        <source>{0} of {1} versions.</source>
        <translation>{0} von {1} Versionen.</translation>
    </message>
    <message>
        <source>Next try in {0} s: {1}</source>
        <translation>Nächster Versuch in {0} s: {1}</translation>
    </message>
    <message>
        <source>Next pull {0}.</source>
        <translation>Nächster Abgleich um {0}.</translation>
    </message>
    <message>
        <source>Paused until resumed.</source>
        <translation>Angehalten bis zum Fortsetzen.</translation>
    </message>
    <message>
        <source>Paused until {0}.</source>
        <translation>Angehalten bis {0}.</translation>
    </message>
    <message>
        <source>Synced by hand.</source>
        <translation>Wird von Hand abgeglichen.</translation>
    </message>
    <message>
        <source>Auto-sync is off.</source>
        <translation>Automatisch ist ausgeschaltet.</translation>
    </message>
    <message>
        <source>Press Sync now.</source>
        <translation>Drücken Sie „Jetzt abgleichen“.</translation>
    </message>
    <message>
        <source>Last try: {0}</source>
        <translation>Letzter Versuch: {0}</translation>
    </message>
    <message>
        <source>{0}: connection refused.</source>
        <translation>{0}: Verbindung abgelehnt.</translation>
    </message>
    <message>
        <source>Is the hub running, and is the port right?</source>
        <translation>Läuft der Hub, und stimmt der Port?</translation>
    </message>
    <message>
        <source>{0}: no such host.</source>
        <translation>{0}: Diesen Rechner gibt es nicht.</translation>
    </message>
    <message>
        <source>Check the name, and the network.</source>
        <translation>Prüfen Sie den Namen und das Netz.</translation>
    </message>
    <message>
        <source>{0}: no secure connection: {1}.</source>
        <translation>{0}: keine sichere Verbindung: {1}.</translation>
    </message>
    <message>
        <source>Is it ws:// instead of wss://?</source>
        <translation>Ist es ws:// statt wss://?</translation>
    </message>
    <message>
        <source>{0} did not answer within {1} s.</source>
        <translation>{0} antwortete nicht innerhalb von {1} s.</translation>
    </message>
    <message>
        <source>{0} does not speak WebSocket.</source>
        <translation>{0} spricht kein WebSocket.</translation>
    </message>
    <message>
        <source>Check the address and the port.</source>
        <translation>Prüfen Sie Adresse und Port.</translation>
    </message>
    <message>
        <source>Check the address and its path.</source>
        <translation>Prüfen Sie die Adresse und ihren Pfad.</translation>
    </message>
    <message>
        <source>{0} does not accept the token.</source>
        <translation>{0} nimmt das Token nicht an.</translation>
    </message>
    <message>
        <source>Enter the token that the hub&apos;s owner gave you.</source>
        <translation>Geben Sie das Token ein, das Sie vom Betreiber des Hubs haben.</translation>
    </message>
    <message>
        <source>{0} has no syncable table.</source>
        <translation>{0} hat keine abgleichbare Tabelle.</translation>
    </message>
    <message>
        <source>The connection was cut.</source>
        <translation>Die Verbindung riss ab.</translation>
    </message>
    <message>
        <source>The other side hung up.</source>
        <translation>Die andere Seite legte auf.</translation>
    </message>
    <message>
        <source>The link was stopped.</source>
        <translation>Die Verbindung wurde beendet.</translation>
    </message>
    <message>
        <source>{0} is paused.</source>
        <translation>{0} ist angehalten.</translation>
    </message>
    <message>
        <source>Bring both sides to the same tables; it then goes on by itself.</source>
        <translation>Bringen Sie beide Seiten auf dieselben Tabellen; dann geht es von selbst weiter.</translation>
    </message>
    <message>
        <source>{0} answers.</source>
        <translation>{0} antwortet.</translation>
    </message>
    <message>
        <source>It is a Syncline hub.</source>
        <translation>Es ist ein Syncline-Hub.</translation>
    </message>
    <message>
        <source>It lets us in with this token.</source>
        <translation>Mit diesem Token lässt er uns ein.</translation>
    </message>
    <message>
        <source>It lets us in without a token.</source>
        <translation>Er lässt uns ohne Token ein.</translation>
    </message>
    <message>
        <source>It tells only who shows the right token.</source>
        <translation>Er sagt es nur dem, der das richtige Token zeigt.</translation>
    </message>
    <message>
        <source>The room is there.</source>
        <translation>Der Raum ist da.</translation>
    </message>
    <message>
        <source>There is no such room yet; the first sync makes it.</source>
        <translation>Diesen Raum gibt es noch nicht; der erste Abgleich legt ihn an.</translation>
    </message>
    <message>
        <source>Both sides have {0}.</source>
        <translation>Beide Seiten haben {0}.</translation>
    </message>
    <message>
        <source>Make one syncable first.</source>
        <translation>Machen Sie erst eine abgleichbar.</translation>
    </message>
    <message>
        <source>Bring both sides to the same tables.</source>
        <translation>Bringen Sie beide Seiten auf dieselben Tabellen.</translation>
    </message>
    <message>
        <source>The address is empty.</source>
        <translation>Die Adresse ist leer.</translation>
    </message>
    <message>
        <source>The address holds a space or a control character.</source>
        <translation>Die Adresse enthält ein Leer- oder Steuerzeichen.</translation>
    </message>
    <message>
        <source>The address {0} names no host.</source>
        <translation>Die Adresse {0} nennt keinen Rechner.</translation>
    </message>
    <message>
        <source>The address {0} does not begin with ws:// or wss://.</source>
        <translation>Die Adresse {0} beginnt nicht mit ws:// oder wss://.</translation>
    </message>
    <message>
        <source>The address {0} is one of a web page.</source>
        <translation>Die Adresse {0} ist die einer Webseite.</translation>
    </message>
    <message>
        <source>Write it like wss://example.org:8080/sync.</source>
        <translation>Schreiben Sie sie wie wss://example.org:8080/sync.</translation>
    </message>
    <message>
        <source>The room name is empty.</source>
        <translation>Der Name des Raums ist leer.</translation>
    </message>
    <message>
        <source>The room name “{0}” starts with a dot, so its file on the hub would be hidden.</source>
        <translation>Der Raumname „{0}“ beginnt mit einem Punkt, seine Datei auf dem Hub wäre also versteckt.</translation>
    </message>
    <message>
        <source>The room name “{0}” holds “{1}”, which hubs refuse.</source>
        <translation>Der Raumname „{0}“ enthält „{1}“, was Hubs ablehnen.</translation>
    </message>
    <message>
        <source>Use letters, digits, &apos;_&apos; and &apos;-&apos;.</source>
        <translation>Verwenden Sie Buchstaben, Ziffern, „_“ und „-“.</translation>
    </message>
    <message>
        <source>Use {0}.</source>
        <translation>Verwenden Sie {0}.</translation>
    </message>
    <message>
        <source>Try {0}.</source>
        <translation>Versuchen Sie {0}.</translation>
    </message>
    <message>
        <source>The token holds a space or a character outside ASCII.</source>
        <translation>Das Token enthält ein Leerzeichen oder ein Zeichen außerhalb von ASCII.</translation>
    </message>
    <message>
        <source>Tokens are forgotten when Syncline ends.</source>
        <translation>Token werden vergessen, wenn Syncline endet.</translation>
    </message>
    <message>
        <source>Tokens are kept in the system&apos;s keyring ({0}).</source>
        <translation>Token liegen im Schlüsselbund des Systems ({0}).</translation>
    </message>
    <message>
        <source>“{0}” is not a SQLite database.</source>
        <translation>„{0}“ ist keine SQLite-Datenbank.</translation>
    </message>
    <message>
        <source>Choose another file.</source>
        <translation>Wählen Sie eine andere Datei.</translation>
    </message>
    <message>
        <source>“{0}” is locked by another program.</source>
        <translation>„{0}“ ist von einem anderen Programm gesperrt.</translation>
    </message>
    <message>
        <source>Close the program that is writing to it, or wait.</source>
        <translation>Schließen Sie das Programm, das hineinschreibt, oder warten Sie.</translation>
    </message>
    <message>
        <source>“{0}” cannot be written.</source>
        <translation>„{0}“ kann nicht geschrieben werden.</translation>
    </message>
    <message>
        <source>“{0}” cannot be opened.</source>
        <translation>„{0}“ kann nicht geöffnet werden.</translation>
    </message>
    <message>
        <source>Check that it exists and that you may read it.</source>
        <translation>Prüfen Sie, ob sie da ist und Sie sie lesen dürfen.</translation>
    </message>
    <message>
        <source>The disk that holds “{0}” is full.</source>
        <translation>Die Platte mit „{0}“ ist voll.</translation>
    </message>
    <message>
        <source>Free some space, then try again.</source>
        <translation>Schaffen Sie Platz, dann versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>It is a view.</source>
        <translation>Es ist eine Sicht.</translation>
    </message>
    <message>
        <source>It is a virtual table.</source>
        <translation>Es ist eine virtuelle Tabelle.</translation>
    </message>
    <message>
        <source>It has no primary key.</source>
        <translation>Sie hat keinen Primärschlüssel.</translation>
    </message>
    <message>
        <source>The primary key column “{0}” is not declared NOT NULL.</source>
        <translation>Die Schlüsselspalte „{0}“ ist nicht als NOT NULL vereinbart.</translation>
    </message>
    <message>
        <source>It uses AUTOINCREMENT, whose counters clash between peers.</source>
        <translation>Sie verwendet AUTOINCREMENT, dessen Zähler zwischen Gegenstellen zusammenstoßen.</translation>
    </message>
    <message>
        <source>It has a foreign key to “{0}”.</source>
        <translation>Sie hat einen Fremdschlüssel auf „{0}“.</translation>
    </message>
    <message>
        <source>The key column “{0}” takes “x” and “X” (or “x” and “x ”) for one row, sync for two: where two replicas spell a key differently, one of the values is lost. Write keys in one spelling.</source>
        <translation>Die Schlüsselspalte „{0}“ hält „x“ und „X“ (oder „x“ und „x “) für eine Zeile, der Abgleich für zwei: Wo zwei Kopien einen Schlüssel verschieden schreiben, geht einer der Werte verloren. Schreiben Sie Schlüssel einheitlich.</translation>
    </message>
    <message>
        <source>The column “{0}” is NOT NULL but has no DEFAULT.</source>
        <translation>Die Spalte „{0}“ ist NOT NULL, hat aber kein DEFAULT.</translation>
    </message>
    <message>
        <source>Besides the primary key, {0} must be unique; peers cannot uphold that together.</source>
        <translation>Außer dem Primärschlüssel muss {0} eindeutig sein; das können Gegenstellen gemeinsam nicht gewährleisten.</translation>
    </message>
    <message>
        <source>The row in “{0}” is gone, so that nothing can be put back into it.</source>
        <translation>Die Zeile in „{0}“ ist weg, daher kann nichts in sie zurückgeholt werden.</translation>
    </message>
    <message>
        <source>“{0}” in “{1}” has been changed again since then; it stays as it is.</source>
        <translation>„{0}“ in „{1}“ wurde seitdem wieder geändert; es bleibt, wie es ist.</translation>
    </message>
    <message>
        <source>Copy the old value instead.</source>
        <translation>Kopieren Sie stattdessen den alten Wert.</translation>
    </message>
    <message>
        <source>Copy the old value instead, or look for the newest change of it.</source>
        <translation>Kopieren Sie stattdessen den alten Wert, oder suchen Sie die neueste Änderung.</translation>
    </message>
</context>
<context>
    <name>settings</name>
    <message>
        <source>General</source>
        <translation>Allgemein</translation>
    </message>
    <message>
        <source>Syncing</source>
        <translation>Abgleich</translation>
    </message>
    <message>
        <source>Sharing</source>
        <translation>Teilen</translation>
    </message>
    <message>
        <source>Notifications</source>
        <translation>Benachrichtigungen</translation>
    </message>
    <message>
        <source>Troubleshooting</source>
        <translation>Fehlersuche</translation>
    </message>
    <message>
        <source>Start without the window</source>
        <translation>Ohne Fenster starten</translation>
    </message>
    <message>
        <source>Only the tray icon is seen at the start, where there is a tray.</source>
        <translation>Beim Start ist nur das Symbol im Infobereich zu sehen, wo es einen gibt.</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>The language of the window; taken over when Syncline is started again.</source>
        <translation>Die Sprache des Fensters; gilt ab dem nächsten Start von Syncline.</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>Light or dark windows.</source>
        <translation>Helle oder dunkle Fenster.</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Sync by itself</source>
        <translation>Von selbst abgleichen</translation>
    </message>
    <message>
        <source>Sync live peers at once and the others on their timer.</source>
        <translation>Verbundene Gegenstellen sofort abgleichen, die anderen nach ihrem Zeitplan.</translation>
    </message>
    <message>
        <source>Not on battery</source>
        <translation>Nicht bei Akkubetrieb</translation>
    </message>
    <message>
        <source>Sync only by hand while the machine runs on its battery.</source>
        <translation>Nur von Hand abgleichen, solange der Rechner mit Akku läuft.</translation>
    </message>
    <message>
        <source>Not over a metered network</source>
        <translation>Nicht über ein getaktetes Netz</translation>
    </message>
    <message>
        <source>Sync only by hand while the system says that traffic costs money.</source>
        <translation>Nur von Hand abgleichen, solange das System sagt, dass Verkehr Geld kostet.</translation>
    </message>
    <message>
        <source>Stale after</source>
        <translation>Veraltet nach</translation>
    </message>
    <message>
        <source>A peer not heard from for this many days is marked stale.</source>
        <translation>Eine Gegenstelle, von der so viele Tage nichts zu hören war, gilt als veraltet.</translation>
    </message>
    <message>
        <source> days</source>
        <translation> Tage</translation>
    </message>
    <message>
        <source>Share databases</source>
        <translation>Datenbanken teilen</translation>
    </message>
    <message>
        <source>Serve the databases that are chosen under Share, to machines that were paired.</source>
        <translation>Die unter „Teilen“ gewählten Datenbanken gekoppelten Geräten anbieten.</translation>
    </message>
    <message>
        <source>In the local network</source>
        <translation>Im lokalen Netz</translation>
    </message>
    <message>
        <source>Let other machines in the network come in, not this one alone.</source>
        <translation>Auch andere Geräte im Netz hereinlassen, nicht nur dieses.</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>Port</translation>
    </message>
    <message>
        <source>Where paired machines find this one; 0 picks one, once.</source>
        <translation>Wo gekoppelte Geräte dieses finden; 0 wählt einmalig einen aus.</translation>
    </message>
    <message>
        <source>any</source>
        <translation>beliebig</translation>
    </message>
    <message>
        <source>Find each other</source>
        <translation>Einander finden</translation>
    </message>
    <message>
        <source>Let others in the network see that this machine shares, and look for them.</source>
        <translation>Andere im Netz sehen lassen, dass dieses Gerät teilt, und nach ihnen suchen.</translation>
    </message>
    <message>
        <source>When a peer needs you</source>
        <translation>Wenn eine Gegenstelle Sie braucht</translation>
    </message>
    <message>
        <source>Notify when a peer waits for a person&apos;s help.</source>
        <translation>Melden, wenn eine Gegenstelle auf Hilfe wartet.</translation>
    </message>
    <message>
        <source>When a peer is stale</source>
        <translation>Wenn eine Gegenstelle veraltet ist</translation>
    </message>
    <message>
        <source>Notify when a peer has not been heard from for long.</source>
        <translation>Melden, wenn von einer Gegenstelle lange nichts zu hören war.</translation>
    </message>
    <message>
        <source>After a first sync</source>
        <translation>Nach einem ersten Abgleich</translation>
    </message>
    <message>
        <source>Notify when a new peer is in sync for the first time.</source>
        <translation>Melden, wenn eine neue Gegenstelle zum ersten Mal synchron ist.</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>How much is written to the log: debug, info, warning or error.</source>
        <translation>Wie viel protokolliert wird: debug, info, warning oder error.</translation>
    </message>
    <message>
        <source>Everything</source>
        <translation>Alles</translation>
    </message>
    <message>
        <source>What happens</source>
        <translation>Was geschieht</translation>
    </message>
    <message>
        <source>Warnings and errors</source>
        <translation>Warnungen und Fehler</translation>
    </message>
    <message>
        <source>Errors only</source>
        <translation>Nur Fehler</translation>
    </message>
</context>
</TS>
