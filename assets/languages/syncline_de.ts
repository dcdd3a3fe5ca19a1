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
        <source>Where is the new database to be?</source>
        <translation>Wohin soll die neue Datenbank?</translation>
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
        <translation>Herein</translation>
    </message>
    <message>
        <source>Out</source>
        <translation>Hinaus</translation>
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
        <source>Last sync: {0}.</source>
        <translation>Letzter Abgleich: {0}.</translation>
    </message>
    <message>
        <source>Shared; nobody was let in yet.</source>
        <translation>Geteilt; noch niemand wurde eingelassen.</translation>
    </message>
    <message>
        <source>Shared; nobody is connected now.</source>
        <translation>Geteilt; im Moment ist niemand verbunden.</translation>
    </message>
    <message>
        <source>Shared; connected: {0}.</source>
        <translation>Geteilt; verbunden: {0}.</translation>
    </message>
    <message>
        <source>Syncline demo: two todo lists and a hub</source>
        <translation>Syncline-Vorführung: zwei Aufgabenlisten und ein Hub</translation>
    </message>
    <message>
        <source>{0} – Syncline demo</source>
        <translation>{0} – Syncline-Vorführung</translation>
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
    <name>ActionBanner</name>
    <message>
        <source>Compare tables…</source>
        <translation>Tabellen vergleichen…</translation>
    </message>
    <message>
        <source>Repair…</source>
        <translation>Reparieren …</translation>
    </message>
    <message>
        <source>Give it a new id…</source>
        <translation>Neue Kennung geben…</translation>
    </message>
    <message>
        <source>Pair again…</source>
        <translation>Noch einmal koppeln…</translation>
    </message>
    <message>
        <source>Change peer…</source>
        <translation>Gegenstelle ändern…</translation>
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
        <translation>Datenbanken für andere Rechner anbieten</translation>
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
    <name>CellDetailsDialog</name>
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
    <name>ConnectionTestPanel</name>
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
        <source>&amp;Stop syncing…</source>
        <translation>&amp;Nicht mehr abgleichen…</translation>
    </message>
    <message>
        <source>Makes the chosen table an ordinary one again; its rows stay</source>
        <translation>Macht die gewählte Tabelle wieder zu einer gewöhnlichen; ihre Zeilen bleiben</translation>
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
    <message>
        <source>Stop syncing “{0}”? Its rows stay, here and on the other side, and are synced no more. Any program can write to it again. A backup is made first.</source>
        <translation>„{0}“ nicht mehr abgleichen? Die Zeilen bleiben, hier und auf der anderen Seite, werden aber nicht mehr abgeglichen. Jedes Programm kann wieder in die Tabelle schreiben. Vorher wird eine Sicherung gemacht.</translation>
    </message>
    <message>
        <source>Stop syncing</source>
        <translation>Nicht mehr abgleichen</translation>
    </message>
</context>
<context>
    <name>DialogController</name>
    <message>
        <source>The diagnostics are in {0}. They hold no tokens and no values; look before you share them.</source>
        <translation>Die Diagnose ist in {0}. Sie enthält keine Token und keine Werte; sehen Sie sie an, bevor Sie sie weitergeben.</translation>
    </message>
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
        <source>A table of {0} cannot be synced as it is. Mend its sync records? A backup is made first. What was written without a record is recorded as written now, and the table is synced once more from the start.</source>
        <translation>Eine Tabelle von {0} kann so, wie sie ist, nicht abgeglichen werden. Ihre Sync-Einträge reparieren? Zuerst wird eine Sicherung angelegt. Was ohne Eintrag geschrieben wurde, gilt als jetzt geschrieben, und die Tabelle wird noch einmal von Anfang an abgeglichen.</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>Reparieren</translation>
    </message>
    <message>
        <source>Mended: {0}.</source>
        <translation>Repariert: {0}.</translation>
    </message>
    <message>
        <source>Nothing was damaged.</source>
        <translation>Es war nichts beschädigt.</translation>
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
        <source>Paused</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>{0} waiting</source>
        <translation>{0} warten</translation>
    </message>
    <message>
        <source>Show the value…</source>
        <translation>Den Wert zeigen…</translation>
    </message>
</context>
<context>
    <name>FoundModel</name>
    <message>
        <source>Machine</source>
        <translation>Rechner</translation>
    </message>
    <message>
        <source>What it shares</source>
        <translation>Was er teilt</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>Wo</translation>
    </message>
    <message>
        <source>a peer of this database already</source>
        <translation>schon Gegenstelle dieser Datenbank</translation>
    </message>
    <message>
        <source>a database like yours</source>
        <translation>eine Datenbank wie Ihre</translation>
    </message>
    <message>
        <source>nothing at the moment</source>
        <translation>im Moment nichts</translation>
    </message>
    <message>
        <source>databases with other tables</source>
        <translation>Datenbanken mit anderen Tabellen</translation>
    </message>
</context>
<context>
    <name>GuestsModel</name>
    <message>
        <source>Machine</source>
        <translation>Rechner</translation>
    </message>
    <message>
        <source>Database</source>
        <translation>Datenbank</translation>
    </message>
    <message>
        <source>Last seen</source>
        <translation>Zuletzt gesehen</translation>
    </message>
    <message>
        <source>connected</source>
        <translation>verbunden</translation>
    </message>
    <message>
        <source>not yet</source>
        <translation>noch nicht</translation>
    </message>
</context>
<context>
    <name>InvitationPanel</name>
    <message>
        <source>Let another machine in</source>
        <translation>Einen anderen Rechner einlassen</translation>
    </message>
    <message>
        <source>Link for</source>
        <translation>Link für</translation>
    </message>
    <message>
        <source>&amp;New link</source>
        <translation>&amp;Neuer Link</translation>
    </message>
    <message>
        <source>Pairing link</source>
        <translation>Kopplungslink</translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation>&amp;Kopieren</translation>
    </message>
    <message>
        <source>Pairing link as a QR code</source>
        <translation>Kopplungslink als QR-Code</translation>
    </message>
    <message>
        <source>Six words to compare</source>
        <translation>Sechs Wörter zum Vergleichen</translation>
    </message>
    <message>
        <source>&amp;Link for:</source>
        <translation>&amp;Link für:</translation>
    </message>
    <message>
        <source>{0} has used the link, and may come in now. Both machines show:</source>
        <translation>{0} hat den Link benutzt und darf jetzt herein. Beide Rechner zeigen:</translation>
    </message>
    <message>
        <source>The link was good for ten minutes. Make a new one.</source>
        <translation>Der Link galt zehn Minuten. Erzeugen Sie einen neuen.</translation>
    </message>
    <message>
        <source>On the other machine: open the link, or paste it under Add peer. It is good once, until {0}, for whoever has it. Both machines show:</source>
        <translation>Auf dem anderen Rechner: den Link öffnen oder unter „Gegenstelle hinzufügen“ einfügen. Er gilt einmal, bis {0}, für jeden, der ihn hat. Beide Rechner zeigen:</translation>
    </message>
</context>
<context>
    <name>LanDevicesPanel</name>
    <message>
        <source>Machines in this network</source>
        <translation>Rechner in diesem Netz</translation>
    </message>
    <message>
        <source>&amp;In this network:</source>
        <translation>&amp;In diesem Netz:</translation>
    </message>
    <message>
        <source>Nothing found yet. On the other machine press Share, choose a database, and tick “In the local network”.</source>
        <translation>Noch nichts gefunden. Auf dem anderen Rechner „Teilen“ drücken, eine Datenbank wählen und „Im lokalen Netz“ ankreuzen.</translation>
    </message>
    <message>
        <source>{0} is a peer of this database already.</source>
        <translation>{0} ist schon eine Gegenstelle dieser Datenbank.</translation>
    </message>
    <message>
        <source>{0} lets in only whom it has given a link. There: press Share, then New link. Open that link here, or paste it below as the address.</source>
        <translation>{0} lässt nur ein, wem er einen Link gegeben hat. Dort „Teilen“ und dann „Neuer Link“ drücken; den Link hier öffnen oder unten als Adresse einfügen.</translation>
    </message>
</context>
<context>
    <name>MachineBar</name>
    <message>
        <source>One of three machines that found each other, each in its own window; no hub.</source>
        <translation>Einer von drei Rechnern, die einander gefunden haben, jeder in einem eigenen Fenster; ohne Hub.</translation>
    </message>
    <message>
        <source>Write something on the {0}</source>
        <translation>Etwas auf „{0}“ schreiben</translation>
    </message>
    <message>
        <source>Adds, changes or deletes a todo, through a connection of its own, as an app does</source>
        <translation>Fügt eine Aufgabe hinzu, ändert oder löscht eine, über eine eigene Verbindung, wie es ein Programm tut</translation>
    </message>
</context>
<context>
    <name>MessageBar</name>
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
        <translation>In festen Abständen</translation>
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
        <source>A new file, with the other side&apos;s tables…</source>
        <translation>Eine neue Datei mit den Tabellen der anderen Seite…</translation>
    </message>
    <message>
        <source>To sync another database with it, add a peer for that one</source>
        <translation>Um eine andere Datenbank damit abzugleichen, fügen Sie für diese eine Gegenstelle hinzu</translation>
    </message>
    <message>
        <source>For the room “%1”. Both machines show: %2</source>
        <translation>Für den Raum „%1“. Beide Rechner zeigen: %2</translation>
    </message>
    <message>
        <source>A new file takes its tables from a paired machine: paste its link.</source>
        <translation>Eine neue Datei bekommt ihre Tabellen von einem gekoppelten Rechner: Fügen Sie dessen Link ein.</translation>
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
        <source>Share…</source>
        <translation>Teilen…</translation>
    </message>
    <message>
        <source>Shared with other machines</source>
        <translation>Mit anderen Rechnern geteilt</translation>
    </message>
    <message>
        <source>They come here by themselves, so that no peer is needed for them. Share shows who may.</source>
        <translation>Sie kommen von selbst hierher, eine Gegenstelle braucht es für sie nicht. Wer darf, steht unter „Teilen“.</translation>
    </message>
    <message>
        <source>No peer yet</source>
        <translation>Noch keine Gegenstelle</translation>
    </message>
    <message>
        <source>A peer is what a database is synced with: another machine, your own hub or a vlcn server.</source>
        <translation>Eine Gegenstelle ist, womit eine Datenbank abgeglichen wird: ein anderer Rechner, Ihr eigener Hub oder ein vlcn-Server.</translation>
    </message>
    <message>
        <source>Another machine with Syncline: share on one of the two, and add the peer on the other.</source>
        <translation>Ein anderer Rechner mit Syncline: auf dem einen teilen, auf dem anderen die Gegenstelle hinzufügen.</translation>
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
        <source>With a pairing link from another machine, add the peer first: it brings the tables along.</source>
        <translation>Mit einem Kopplungslink von einem anderen Rechner zuerst die Gegenstelle hinzufügen: Sie bringt die Tabellen mit.</translation>
    </message>
    <message>
        <source>Pair with another machine…</source>
        <translation>Mit anderem Rechner koppeln…</translation>
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
        <source>Compare tables…</source>
        <translation>Tabellen vergleichen…</translation>
    </message>
    <message>
        <source>See how the peer&apos;s tables differ, and add what is missing here</source>
        <translation>Zeigt, worin sich die Tabellen der Gegenstelle unterscheiden, und ergänzt, was hier fehlt</translation>
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
    <name>RowsModel</name>
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
        <source>no such row</source>
        <translation>keine solche Zeile</translation>
    </message>
    <message>
        <source>too large to be shown</source>
        <translation>zu groß zum Anzeigen</translation>
    </message>
    <message>
        <source>key: {0}</source>
        <translation>Schlüssel: {0}</translation>
    </message>
</context>
<context>
    <name>SchemaDialog</name>
    <message>
        <source>Tables here and at {0}</source>
        <translation>Tabellen hier und bei {0}</translation>
    </message>
    <message>
        <source>The peer is being asked</source>
        <translation>Die Gegenstelle wird gefragt</translation>
    </message>
    <message>
        <source>&amp;Compare again</source>
        <translation>&amp;Noch einmal vergleichen</translation>
    </message>
    <message>
        <source>Differences</source>
        <translation>Unterschiede</translation>
    </message>
    <message>
        <source>&amp;Add what is missing here</source>
        <translation>Was hier fehlt, &amp;ergänzen</translation>
    </message>
    <message>
        <source>Adds the tables and columns that are marked so, after a backup; no row is changed</source>
        <translation>Ergänzt die Tabellen und Spalten, bei denen es steht, nach einer Sicherung; keine Zeile ändert sich</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Rückgängig</translation>
    </message>
    <message>
        <source>Drops again what was added so, unless it is in use by now, after a backup</source>
        <translation>Entfernt wieder, was so ergänzt wurde und noch nicht in Gebrauch ist, nach einer Sicherung</translation>
    </message>
    <message>
        <source>Comparing…</source>
        <translation>Wird verglichen…</translation>
    </message>
    <message>
        <source>Added: {0}. A backup of the file as it was before is kept.</source>
        <translation>Ergänzt: {0}. Eine Sicherung der Datei, wie sie vorher war, ist aufgehoben.</translation>
    </message>
    <message>
        <source>Taken back: {0}.</source>
        <translation>Zurückgenommen: {0}.</translation>
    </message>
    <message>
        <source>In use, so they stay: {0}.</source>
        <translation>In Gebrauch, deshalb bleibt: {0}.</translation>
    </message>
    <message>
        <source>The tables are alike on both sides.</source>
        <translation>Die Tabellen sind auf beiden Seiten gleich.</translation>
    </message>
    <message>
        <source>The tables differ, but not in a way that keeps them from syncing.</source>
        <translation>Die Tabellen unterscheiden sich, aber nicht so, dass es den Abgleich hindert.</translation>
    </message>
    <message>
        <source>The tables differ, and nothing of it can be added here.</source>
        <translation>Die Tabellen unterscheiden sich, und nichts davon kann hier ergänzt werden.</translation>
    </message>
    <message>
        <source>The tables differ. Of the differences, {0} can be mended here by adding what is missing.</source>
        <translation>Die Tabellen unterscheiden sich. {0} der Unterschiede lassen sich hier beheben, indem man ergänzt, was fehlt.</translation>
    </message>
</context>
<context>
    <name>SchemaModel</name>
    <message>
        <source>Table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>Column</source>
        <translation>Spalte</translation>
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
        <source>What can be done</source>
        <translation>Was man tun kann</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
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
        <source>&amp;Share databases with other machines</source>
        <translation>Datenbanken mit anderen Rechnern &amp;teilen</translation>
    </message>
    <message>
        <source>Databases to share</source>
        <translation>Zu teilende Datenbanken</translation>
    </message>
    <message>
        <source>For this &amp;machine alone</source>
        <translation>Nur für &amp;diesen Rechner</translation>
    </message>
    <message>
        <source>In the &amp;local network; encrypted, and only for machines that have a link</source>
        <translation>Im &amp;lokalen Netz; verschlüsselt und nur für Rechner, die einen Link haben</translation>
    </message>
    <message>
        <source>&amp;Throw out</source>
        <translation>&amp;Hinauswerfen</translation>
    </message>
    <message>
        <source>It is cut off at once, and comes in again only with a new link</source>
        <translation>Die Verbindung endet sofort; herein kommt er nur mit einem neuen Link wieder</translation>
    </message>
    <message>
        <source>Choose a database.</source>
        <translation>Wählen Sie eine Datenbank.</translation>
    </message>
    <message>
        <source>Shared in the local network, at {0}, port {1}.</source>
        <translation>Im lokalen Netz geteilt, unter {0}, Port {1}.</translation>
    </message>
    <message>
        <source>Shared at port {0}, for programs on this machine. Other machines cannot reach it.</source>
        <translation>An Port {0} für Programme auf diesem Rechner geteilt. Andere Rechner erreichen ihn nicht.</translation>
    </message>
    <message>
        <source>Nobody yet. Make a link, and open it on the other machine.</source>
        <translation>Noch niemand. Erzeugen Sie einen Link und öffnen Sie ihn auf dem anderen Rechner.</translation>
    </message>
    <message>
        <source>They are listed while something is shared.</source>
        <translation>Sie stehen hier, solange etwas geteilt wird.</translation>
    </message>
    <message>
        <source>Who may come in</source>
        <translation>Wer hereindarf</translation>
    </message>
    <message>
        <source>Nothing is shared.</source>
        <translation>Es wird nichts geteilt.</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>State of all peers</source>
        <translation>Zustand aller Gegenstellen</translation>
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
        <source>New id…</source>
        <translation>Neue Kennung…</translation>
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
    <name>ValidatedLineEdit</name>
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
        <source>1 table</source>
        <translation>1 Tabelle</translation>
    </message>
    <message>
        <source>{0} tables</source>
        <translation>{0} Tabellen</translation>
    </message>
    <message>
        <source>1 row</source>
        <translation>1 Zeile</translation>
    </message>
    <message>
        <source>{0} rows</source>
        <translation>{0} Zeilen</translation>
    </message>
    <message>
        <source>Identical: {0}.</source>
        <translation>Gleich: {0}.</translation>
    </message>
    <message>
        <source>The same rows, with a different history: {0}.</source>
        <translation>Dieselben Zeilen, mit anderer Geschichte: {0}.</translation>
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
        <source>Not compared: {0}</source>
        <translation>Nicht verglichen: {0}</translation>
    </message>
    <message>
        <source>Have everything sent again first. Rows that differ even then were changed without a record: choose whose stay.</source>
        <translation>Lassen Sie zuerst alles noch einmal senden. Zeilen, die sich auch dann unterscheiden, wurden ohne Aufzeichnung geändert: Wählen Sie, welche bleiben.</translation>
    </message>
    <message>
        <source>This does no harm: one side remembers rows that are gone, which the other never had.</source>
        <translation>Das schadet nicht: Eine Seite erinnert sich an gelöschte Zeilen, die die andere nie hatte.</translation>
    </message>
</context>
<context>
    <name>Window</name>
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
        <source>Opening the databases…</source>
        <translation>Die Datenbanken werden geöffnet…</translation>
    </message>
    <message>
        <source>This desktop shows no tray icons, so closing only minimises the window. On GNOME, the extension “AppIndicator” brings them. To end Syncline, choose Quit.</source>
        <translation>Dieser Schreibtisch zeigt keine Symbole im Infobereich, daher wird das Fenster beim Schließen nur verkleinert. Unter GNOME bringt die Erweiterung „AppIndicator“ sie. Um Syncline zu beenden, wählen Sie „Beenden“.</translation>
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
        <source>, for reading only</source>
        <translation>, nur zum Lesen</translation>
    </message>
    <message>
        <source>, in its column “{0}”</source>
        <translation>, in der Spalte „{0}“</translation>
    </message>
    <message>
        <source>&lt;{0} bytes&gt;</source>
        <translation>&lt;{0} Bytes&gt;</translation>
    </message>
    <message>
        <source>A Digest came that was never asked for.</source>
        <translation>Es kam ein Digest, um das nie gebeten wurde.</translation>
    </message>
    <message>
        <source>A Renewal came before Lineage.</source>
        <translation>Es kam ein Renewal vor Lineage.</translation>
    </message>
    <message>
        <source>A Want came that is not numbered after the one before.</source>
        <translation>Es kam ein Want, dessen Nummer nicht auf die vorige folgt.</translation>
    </message>
    <message>
        <source>A batch came before Lineage.</source>
        <translation>Es kam ein Bündel vor Lineage.</translation>
    </message>
    <message>
        <source>A batch came that was never asked for.</source>
        <translation>Es kam ein Bündel, um das nie gebeten wurde.</translation>
    </message>
    <message>
        <source>A batch cannot go from version {0} back to {1}.</source>
        <translation>Ein Bündel kann nicht von Version {0} zurück zu {1} gehen.</translation>
    </message>
    <message>
        <source>A change cannot be sent: its text holds half of a surrogate pair.</source>
        <translation>Eine Änderung kann nicht gesendet werden: Ihr Text enthält ein halbes Surrogatpaar.</translation>
    </message>
    <message>
        <source>A change cannot be sent: one of its fields is of the wrong type or size.</source>
        <translation>Eine Änderung kann nicht gesendet werden: Eines ihrer Felder hat die falsche Art oder Größe.</translation>
    </message>
    <message>
        <source>A change for the table “{0}” has a value of the wrong type.</source>
        <translation>Eine Änderung für die Tabelle „{0}“ hat einen Wert der falschen Art.</translation>
    </message>
    <message>
        <source>A change for the table “{0}” has {1} key values instead of {2}.</source>
        <translation>Eine Änderung für die Tabelle „{0}“ hat {1} Schlüsselwerte statt {2}.</translation>
    </message>
    <message>
        <source>A change for the table “{0}” {1}.</source>
        <translation>Eine Änderung für die Tabelle „{0}“ {1}.</translation>
    </message>
    <message>
        <source>A change has a key that cannot be read: a size of {0} bytes.</source>
        <translation>Eine Änderung hat einen Schlüssel, der nicht gelesen werden kann: eine Größe von {0} Bytes.</translation>
    </message>
    <message>
        <source>A change has a key that cannot be read: value type {0}.</source>
        <translation>Eine Änderung hat einen Schlüssel, der nicht gelesen werden kann: Wertart {0}.</translation>
    </message>
    <message>
        <source>A change has a key that was cut short.</source>
        <translation>Eine Änderung hat einen abgeschnittenen Schlüssel.</translation>
    </message>
    <message>
        <source>A change has a key with text that is not UTF-8.</source>
        <translation>Eine Änderung hat einen Schlüssel mit Text, der kein UTF-8 ist.</translation>
    </message>
    <message>
        <source>A change has an empty key.</source>
        <translation>Eine Änderung hat einen leeren Schlüssel.</translation>
    </message>
    <message>
        <source>A change has text that cannot be written as UTF-8.</source>
        <translation>Eine Änderung hat Text, der nicht als UTF-8 geschrieben werden kann.</translation>
    </message>
    <message>
        <source>A change in the message has {0} where its author should be.</source>
        <translation>Eine Änderung in der Nachricht hat {0}, wo ihr Urheber stehen sollte.</translation>
    </message>
    <message>
        <source>A change in the message names no author.</source>
        <translation>Eine Änderung in der Nachricht nennt keinen Urheber.</translation>
    </message>
    <message>
        <source>A change of {0} cannot be sent: it names no author.</source>
        <translation>Eine Änderung von {0} kann nicht gesendet werden: Sie nennt keinen Urheber.</translation>
    </message>
    <message>
        <source>A clock from the other side is out of range.</source>
        <translation>Ein Stand der anderen Seite liegt außerhalb des Möglichen.</translation>
    </message>
    <message>
        <source>A column is called “{0}”, which stands for the row itself.</source>
        <translation>Eine Spalte heißt „{0}“, was für die Zeile selbst steht.</translation>
    </message>
    <message>
        <source>A confirmation came for a version that was never sent.</source>
        <translation>Es kam eine Bestätigung für eine Version, die nie gesendet wurde.</translation>
    </message>
    <message>
        <source>A confirmation came for nothing sent.</source>
        <translation>Es kam eine Bestätigung für nichts Gesendetes.</translation>
    </message>
    <message>
        <source>A default in the table “{0}” holds a zero character.</source>
        <translation>Eine Vorgabe in der Tabelle „{0}“ enthält ein Nullzeichen.</translation>
    </message>
    <message>
        <source>A key column is called “{0}”, a name kept for sync records.</source>
        <translation>Eine Schlüsselspalte heißt „{0}“, ein Name, der Aufzeichnungen des Abgleichs vorbehalten ist.</translation>
    </message>
    <message>
        <source>A key in the message has {0} bytes; at most {1} are taken.</source>
        <translation>Ein Schlüssel in der Nachricht hat {0} Bytes; höchstens {1} werden angenommen.</translation>
    </message>
    <message>
        <source>A key of more than {0} bytes, or none, cannot be sent.</source>
        <translation>Ein Schlüssel von mehr als {0} Bytes, oder keiner, kann nicht gesendet werden.</translation>
    </message>
    <message>
        <source>A key of {0} values cannot be packed; {1} is the most.</source>
        <translation>Ein Schlüssel aus {0} Werten kann nicht gepackt werden; {1} sind das Höchste.</translation>
    </message>
    <message>
        <source>A message without changes has {0} bytes; at most {1} are taken.</source>
        <translation>Eine Nachricht ohne Änderungen hat {0} Bytes; höchstens {1} werden angenommen.</translation>
    </message>
    <message>
        <source>A name in the message has {0} bytes; at most {1} are taken.</source>
        <translation>Ein Name in der Nachricht hat {0} Bytes; höchstens {1} werden angenommen.</translation>
    </message>
    <message>
        <source>A name in the settings holds characters that are no text, so they cannot be saved.</source>
        <translation>Ein Name in den Einstellungen enthält Zeichen, die kein Text sind, daher können sie nicht gespeichert werden.</translation>
    </message>
    <message>
        <source>A new name is a new table and a copy of the rows; any other schema change goes between crsql_begin_alter and crsql_commit_alter.</source>
        <translation>Ein neuer Name ist eine neue Tabelle und eine Kopie der Zeilen; jede andere Änderung des Schemas gehört zwischen crsql_begin_alter und crsql_commit_alter.</translation>
    </message>
    <message>
        <source>A number in the message is larger than 2^53 - 1.</source>
        <translation>Eine Zahl in der Nachricht ist größer als 2^53 - 1.</translation>
    </message>
    <message>
        <source>A page of another site may not use a hub that asks for no token.</source>
        <translation>Eine Seite einer anderen Website darf einen Hub, der kein Token verlangt, nicht benutzen.</translation>
    </message>
    <message>
        <source>A peer&apos;s site id and its token have 16 bytes each.</source>
        <translation>Die Kennung einer Gegenstelle und ihr Token haben je 16 Bytes.</translation>
    </message>
    <message>
        <source>A peer&apos;s site id has 16 bytes.</source>
        <translation>Die Kennung einer Gegenstelle hat 16 Bytes.</translation>
    </message>
    <message>
        <source>A place in the message has {0} bytes; at most {1} are taken.</source>
        <translation>Eine Stelle in der Nachricht hat {0} Bytes; höchstens {1} werden angenommen.</translation>
    </message>
    <message>
        <source>A place of more than {0} bytes, or none, cannot be sent.</source>
        <translation>Eine Stelle von mehr als {0} Bytes, oder keine, kann nicht gesendet werden.</translation>
    </message>
    <message>
        <source>A published server compares schemas only once it is synced with.</source>
        <translation>Ein veröffentlichter Server vergleicht Schemas erst, wenn mit ihm abgeglichen wird.</translation>
    </message>
    <message>
        <source>A published server makes a room when it is first synced; it cannot be asked.{0}</source>
        <translation>Ein veröffentlichter Server legt einen Raum beim ersten Abgleich an; fragen kann man ihn nicht.{0}</translation>
    </message>
    <message>
        <source>A published server needs the name of a schema, and {0} has none.</source>
        <translation>Ein veröffentlichter Server braucht den Namen eines Schemas, und {0} hat keinen.</translation>
    </message>
    <message>
        <source>A question about {0} keys cannot be sent: {1} are looked up.</source>
        <translation>Eine Frage nach {0} Schlüsseln kann nicht gesendet werden: {1} werden nachgeschlagen.</translation>
    </message>
    <message>
        <source>A replica&apos;s methods cannot run inside another transaction on its connection.</source>
        <translation>Die Methoden einer Kopie können nicht in einer anderen Transaktion ihrer Verbindung laufen.</translation>
    </message>
    <message>
        <source>A room has from 1 to {0} tables, not {1}.</source>
        <translation>Ein Raum hat 1 bis {0} Tabellen, nicht {1}.</translation>
    </message>
    <message>
        <source>A row of “{0}” is refused: {1}.</source>
        <translation>Eine Zeile von „{0}“ wird abgelehnt: {1}.</translation>
    </message>
    <message>
        <source>A row of “{0}” is too large to be chosen: change it by hand.</source>
        <translation>Eine Zeile von „{0}“ ist zu groß, um gewählt zu werden: Ändern Sie sie von Hand.</translation>
    </message>
    <message>
        <source>A row of “{0}” was changed meanwhile.</source>
        <translation>Eine Zeile von „{0}“ wurde inzwischen geändert.</translation>
    </message>
    <message>
        <source>A second AnnouncePresence came.</source>
        <translation>Es kam ein zweites AnnouncePresence.</translation>
    </message>
    <message>
        <source>A second Hello came.</source>
        <translation>Es kam ein zweites Hello.</translation>
    </message>
    <message>
        <source>A second Lineage came.</source>
        <translation>Es kam ein zweites Lineage.</translation>
    </message>
    <message>
        <source>A sent clock needs a site id of 16 bytes and a version, not {0}.</source>
        <translation>Ein gesendeter Stand braucht eine Kennung von 16 Bytes und eine Version, nicht {0}.</translation>
    </message>
    <message>
        <source>A sync every {0} minutes cannot be.</source>
        <translation>Ein Abgleich alle {0} Minuten geht nicht.</translation>
    </message>
    <message>
        <source>A text frame came; only binary ones are spoken.</source>
        <translation>Es kam eine Textnachricht; gesprochen wird nur binär.</translation>
    </message>
    <message>
        <source>A text in the message is not valid UTF-8.</source>
        <translation>Ein Text in der Nachricht ist kein gültiges UTF-8.</translation>
    </message>
    <message>
        <source>A value in the message has the unknown type {0}.</source>
        <translation>Ein Wert in der Nachricht hat die unbekannte Art {0}.</translation>
    </message>
    <message>
        <source>A yes-or-no field of the message holds {0} instead of 0 or 1.</source>
        <translation>Ein Ja-oder-nein-Feld der Nachricht enthält {0} statt 0 oder 1.</translation>
    </message>
    <message>
        <source>A {0} in {1} cannot be sent: SQLite has no such value.</source>
        <translation>Ein {0} in {1} kann nicht gesendet werden: SQLite hat keinen solchen Wert.</translation>
    </message>
    <message>
        <source>A {0} is no message and cannot be sent.</source>
        <translation>Ein {0} ist keine Nachricht und kann nicht gesendet werden.</translation>
    </message>
    <message>
        <source>A {0} of {1} bytes cannot be sent: at most {2} are.</source>
        <translation>Ein {0} von {1} Bytes kann nicht gesendet werden: höchstens {2} sind möglich.</translation>
    </message>
    <message>
        <source>All else is on both disks.</source>
        <translation>Alles andere ist auf beiden Platten.</translation>
    </message>
    <message>
        <source>All else is synced, and this too as soon as that is mended.</source>
        <translation>Alles andere wird abgeglichen, und auch dies, sobald das behoben ist.</translation>
    </message>
    <message>
        <source>Are both in the same network, and does a firewall let Syncline in?</source>
        <translation>Sind beide im selben Netz, und lässt eine Firewall Syncline ein?</translation>
    </message>
    <message>
        <source>BLOB (values of any type)</source>
        <translation>BLOB (Werte jeden Typs)</translation>
    </message>
    <message>
        <source>Batch {0} is missing: {1} came instead.</source>
        <translation>Bündel {0} fehlt: Stattdessen kam {1}.</translation>
    </message>
    <message>
        <source>Both sides have the same site id: one file is a copy of the other, or a file is linked to itself.</source>
        <translation>Beide Seiten haben dieselbe Kennung: Eine Datei ist eine Kopie der anderen, oder eine Datei ist mit sich selbst verbunden.</translation>
    </message>
    <message>
        <source>Both sides have the same site id: one file is a copy of the other, or this is the file itself.</source>
        <translation>Beide Seiten haben dieselbe Kennung: Eine Datei ist eine Kopie der anderen, oder dies ist die Datei selbst.</translation>
    </message>
    <message>
        <source>Bring back a copy of it; or move it away to get a new one, and pair your other machines again.</source>
        <translation>Bringen Sie eine Kopie davon zurück; oder räumen Sie sie weg, um ein neues zu bekommen, und koppeln Sie Ihre anderen Rechner neu.</translation>
    </message>
    <message>
        <source>Bring both sides to the same schema, the one without the column first.</source>
        <translation>Bringen Sie beide Seiten auf dasselbe Schema, die ohne die Spalte zuerst.</translation>
    </message>
    <message>
        <source>Bring it back to where it was, and Syncline goes on by itself.</source>
        <translation>Bringen Sie sie dorthin zurück, wo sie war, und Syncline macht von selbst weiter.</translation>
    </message>
    <message>
        <source>Bring the column back, or let crsql_begin_alter and crsql_commit_alter finish the change.</source>
        <translation>Bringen Sie die Spalte zurück, oder lassen Sie crsql_begin_alter und crsql_commit_alter die Änderung abschließen.</translation>
    </message>
    <message>
        <source>Bring this one up to date.</source>
        <translation>Bringen Sie dieses hier auf den neuen Stand.</translation>
    </message>
    <message>
        <source>Bytes that peers are to take.</source>
        <translation>Bytes, die Gegenstellen noch nehmen sollen.</translation>
    </message>
    <message>
        <source>Call crsql_begin_alter first, and crsql_commit_alter in the same transaction.</source>
        <translation>Rufen Sie erst crsql_begin_alter auf, und crsql_commit_alter in derselben Transaktion.</translation>
    </message>
    <message>
        <source>Cannot listen on {0} port {1}: {2}.</source>
        <translation>An {0} Port {1} kann nicht gelauscht werden: {2}.</translation>
    </message>
    <message>
        <source>Change the table so that nothing of this applies, then try again.</source>
        <translation>Ändern Sie die Tabelle so, dass nichts davon zutrifft, dann versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Changes came from somebody who was not announced.</source>
        <translation>Es kamen Änderungen von jemandem, der nicht angekündigt war.</translation>
    </message>
    <message>
        <source>Changes came where none are taken: this side only sends, so that you can only read.</source>
        <translation>Es kamen Änderungen, wo keine genommen werden: Diese Seite sendet nur, Sie können also nur lesen.</translation>
    </message>
    <message>
        <source>Changes from {0} to {1} are missing in between.</source>
        <translation>Änderungen von {0} bis {1} fehlen dazwischen.</translation>
    </message>
    <message>
        <source>Check that the folder is there, is yours, and has space left.</source>
        <translation>Prüfen Sie, ob der Ordner da ist, Ihnen gehört und noch Platz hat.</translation>
    </message>
    <message>
        <source>Check the disk, then try again.</source>
        <translation>Prüfen Sie die Platte, dann versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Check the path.</source>
        <translation>Prüfen Sie den Pfad.</translation>
    </message>
    <message>
        <source>Check the permissions of the file and of its folder.</source>
        <translation>Prüfen Sie die Rechte der Datei und ihres Ordners.</translation>
    </message>
    <message>
        <source>Choose a file.</source>
        <translation>Wählen Sie eine Datei.</translation>
    </message>
    <message>
        <source>Choose another folder.</source>
        <translation>Wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>Choose another port with --port, or stop the program that uses this one.</source>
        <translation>Wählen Sie mit --port einen anderen Port, oder beenden Sie das Programm, das diesen benutzt.</translation>
    </message>
    <message>
        <source>Choose another.</source>
        <translation>Wählen Sie eine andere.</translation>
    </message>
    <message>
        <source>Choose from 1 minute to 10080, a week.</source>
        <translation>Wählen Sie zwischen 1 Minute und 10080, einer Woche.</translation>
    </message>
    <message>
        <source>Compare again.</source>
        <translation>Vergleichen Sie noch einmal.</translation>
    </message>
    <message>
        <source>Compare the constraints and triggers of the table on both sides.</source>
        <translation>Vergleichen Sie die Bedingungen und Trigger der Tabelle auf beiden Seiten.</translation>
    </message>
    <message>
        <source>Connected; waiting for the greeting.</source>
        <translation>Verbunden; wartet auf die Begrüßung.</translation>
    </message>
    <message>
        <source>Connections, greeted or not.</source>
        <translation>Verbindungen, begrüßt oder nicht.</translation>
    </message>
    <message>
        <source>Copy all of it, or make a new one.</source>
        <translation>Kopieren Sie ihn ganz, oder erzeugen Sie einen neuen.</translation>
    </message>
    <message>
        <source>Copy the rows into a new file made with cr-sqlite 0.16 or with Syncline.</source>
        <translation>Kopieren Sie die Zeilen in eine neue Datei, die mit cr-sqlite 0.16 oder mit Syncline gemacht ist.</translation>
    </message>
    <message>
        <source>Correct the file, or move it away to start with new settings; it was not changed.</source>
        <translation>Berichtigen Sie die Datei, oder räumen Sie sie weg, um mit neuen Einstellungen zu beginnen; sie wurde nicht geändert.</translation>
    </message>
    <message>
        <source>Correct the text, or store it as a BLOB.</source>
        <translation>Berichtigen Sie den Text, oder speichern Sie ihn als BLOB.</translation>
    </message>
    <message>
        <source>Correct the text.</source>
        <translation>Berichtigen Sie den Text.</translation>
    </message>
    <message>
        <source>Create the table here and make it syncable, as it is on the other side.</source>
        <translation>Legen Sie die Tabelle hier an und machen Sie sie abgleichbar, wie auf der anderen Seite.</translation>
    </message>
    <message>
        <source>Edit them while Syncline is closed.</source>
        <translation>Ändern Sie sie, solange Syncline beendet ist.</translation>
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
        <source>Synced by hand.</source>
        <translation>Wird von Hand abgeglichen.</translation>
    </message>
    <message>
        <source>Auto-sync is off.</source>
        <translation>Automatisch ist ausgeschaltet.</translation>
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
        <source>1 more row waits.</source>
        <translation>1 weitere Zeile wartet.</translation>
    </message>
    <message>
        <source>A batch in the message has {0} changes; at most {1} are taken.</source>
        <translation>Ein Bündel in der Nachricht hat {0} Änderungen; höchstens {1} werden angenommen.</translation>
    </message>
    <message>
        <source>A batch of {0} changes cannot be sent: at most {1} are.</source>
        <translation>Ein Bündel von {0} Änderungen kann nicht gesendet werden: Es dürfen höchstens {1} sein.</translation>
    </message>
    <message>
        <source>A change cannot be sent: one of its numbers is out of range.</source>
        <translation>Eine Änderung kann nicht gesendet werden: Eine ihrer Zahlen liegt außerhalb des Bereichs.</translation>
    </message>
    <message>
        <source>A length in the message is negative.</source>
        <translation>Eine Länge in der Nachricht ist negativ.</translation>
    </message>
    <message>
        <source>A message came with less than {0} bytes a second.</source>
        <translation>Eine Nachricht kam mit weniger als {0} Bytes in der Sekunde.</translation>
    </message>
    <message>
        <source>A name or a default in its schema is not valid text.</source>
        <translation>Ein Name oder ein Vorgabewert in ihrem Schema ist kein gültiger Text.</translation>
    </message>
    <message>
        <source>A number in the message is out of range.</source>
        <translation>Eine Zahl in der Nachricht liegt außerhalb des Bereichs.</translation>
    </message>
    <message>
        <source>A row of the table “{0}” cannot be written: its key is not valid text.</source>
        <translation>Eine Zeile der Tabelle „{0}“ lässt sich nicht schreiben: Ihr Schlüssel ist kein gültiger Text.</translation>
    </message>
    <message>
        <source>A row of “{0}” has its key in another spelling there: choose that one, or change it there.</source>
        <translation>Eine Zeile von „{0}“ hat dort einen anders geschriebenen Schlüssel: Wählen Sie jenen, oder ändern Sie ihn dort.</translation>
    </message>
    <message>
        <source>Another program has just made tables in “{0}”.</source>
        <translation>Ein anderes Programm hat gerade Tabellen in „{0}“ angelegt.</translation>
    </message>
    <message>
        <source>Bring it back.</source>
        <translation>Bringen Sie sie zurück.</translation>
    </message>
    <message>
        <source>Bytes of messages that have come, or begun to come.</source>
        <translation>Bytes der Nachrichten, die gekommen sind oder begonnen haben zu kommen.</translation>
    </message>
    <message>
        <source>Change the trigger or drop it: then the table is synced again.</source>
        <translation>Ändern oder entfernen Sie den Trigger: Dann wird die Tabelle wieder abgeglichen.</translation>
    </message>
    <message>
        <source>Choose another place.</source>
        <translation>Wählen Sie einen anderen Ort.</translation>
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
        <source>Dial it by the name that its certificate is for; one made at home has to be trusted here: SSL_CERT_FILE.</source>
        <translation>Wählen Sie den Namen, für den das Zertifikat gilt; einem selbst gemachten muss hier vertraut werden: SSL_CERT_FILE.</translation>
    </message>
    <message>
        <source>Enter the token again.</source>
        <translation>Geben Sie das Token noch einmal ein.</translation>
    </message>
    <message>
        <source>Give a copy a site id of its own (syncline new-id).</source>
        <translation>Geben Sie einer Kopie eine eigene Kennung (syncline new-id).</translation>
    </message>
    <message>
        <source>Give a copy a site id of its own: syncline new-id.</source>
        <translation>Geben Sie einer Kopie eine eigene Kennung: syncline new-id.</translation>
    </message>
    <message>
        <source>Give it a new site id (syncline new-id), or bring its latest state back.</source>
        <translation>Geben Sie ihr eine neue Kennung (syncline new-id), oder bringen Sie ihren letzten Stand zurück.</translation>
    </message>
    <message>
        <source>Give it the same collation on both.</source>
        <translation>Geben Sie ihr auf beiden dieselbe Sortierfolge.</translation>
    </message>
    <message>
        <source>Give it the same type on both.</source>
        <translation>Geben Sie ihr auf beiden denselben Typ.</translation>
    </message>
    <message>
        <source>Give the file or folder a name in UTF-8.</source>
        <translation>Geben Sie der Datei oder dem Ordner einen Namen in UTF-8.</translation>
    </message>
    <message>
        <source>Give the schema file that the server uses, on the command line: --schema FILE.</source>
        <translation>Geben Sie auf der Befehlszeile die Schemadatei an, die der Server verwendet: --schema FILE.</translation>
    </message>
    <message>
        <source>Give the schema file that the server uses: --schema FILE</source>
        <translation>Geben Sie die Schemadatei an, die der Server verwendet: --schema FILE</translation>
    </message>
    <message>
        <source>Going away.</source>
        <translation>Macht Schluss.</translation>
    </message>
    <message>
        <source>Greeting again.</source>
        <translation>Begrüßt von neuem.</translation>
    </message>
    <message>
        <source>Greeting {0} again does not help.</source>
        <translation>{0} von neuem zu begrüßen hilft nicht.</translation>
    </message>
    <message>
        <source>If Syncline was set up anew there, pair again with a new link.</source>
        <translation>Wurde Syncline dort neu eingerichtet, koppeln Sie noch einmal mit einem neuen Link.</translation>
    </message>
    <message>
        <source>If not, somebody may be in between.</source>
        <translation>Wenn nicht, ist vielleicht jemand dazwischen.</translation>
    </message>
    <message>
        <source>If the table was renamed, give it its old name again.</source>
        <translation>Wurde die Tabelle umbenannt, geben Sie ihr den alten Namen zurück.</translation>
    </message>
    <message>
        <source>If this file is the copy, give it an id of its own: “New id…” in the peer&apos;s menu.</source>
        <translation>Ist diese Datei die Kopie, geben Sie ihr eine eigene Kennung: „Neue Kennung…“ im Menü der Gegenstelle.</translation>
    </message>
    <message>
        <source>If this machine&apos;s file is the copy, give it a new id: More, Databases, “New id…”.</source>
        <translation>Wenn die Datei dieses Rechners die Kopie ist, geben Sie ihr eine neue Kennung: Mehr, Datenbanken, „Neue Kennung…“.</translation>
    </message>
    <message>
        <source>In sync</source>
        <translation>Synchron</translation>
    </message>
    <message>
        <source>Install python-socks, or set NO_PROXY.</source>
        <translation>Installieren Sie python-socks, oder setzen Sie NO_PROXY.</translation>
    </message>
    <message>
        <source>Is it wss:// instead of ws://?</source>
        <translation>Ist es wss:// statt ws://?</translation>
    </message>
    <message>
        <source>It answers as a published vlcn server does.</source>
        <translation>Er antwortet wie ein veröffentlichter vlcn-Server.</translation>
    </message>
    <message>
        <source>It cannot be synced: {0}.</source>
        <translation>Sie kann nicht abgeglichen werden: {0}.</translation>
    </message>
    <message>
        <source>It has too many columns: {0} are the most, {1} of them in the key.</source>
        <translation>Sie hat zu viele Spalten: {0} sind das Höchste, {1} davon im Schlüssel.</translation>
    </message>
    <message>
        <source>It is spelled “{0}” now, which is another table to its peers.</source>
        <translation>Sie schreibt sich jetzt „{0}“, was für ihre Gegenstellen eine andere Tabelle ist.</translation>
    </message>
    <message>
        <source>It lets us in {0} token{1}.</source>
        <translation>Er lässt uns {0} Token ein{1}.</translation>
    </message>
    <message>
        <source>It says: {0}</source>
        <translation>Er sagt: {0}</translation>
    </message>
    <message>
        <source>Its name has a {0} in it: cr-sqlite&apos;s own extension could not use the file any more.</source>
        <translation>Ihr Name enthält ein {0}: Die Erweiterung von cr-sqlite selbst könnte die Datei nicht mehr verwenden.</translation>
    </message>
    <message>
        <source>Its triggers cannot run here, so that nothing can be merged into it: {0}.</source>
        <translation>Ihre Trigger können hier nicht laufen, sodass nichts in sie übernommen werden kann: {0}.</translation>
    </message>
    <message>
        <source>Leave it out when the hub asks for none.</source>
        <translation>Lassen Sie es weg, wenn der Hub keines verlangt.</translation>
    </message>
    <message>
        <source>Left out: {0}.</source>
        <translation>Ausgelassen: {0}.</translation>
    </message>
    <message>
        <source>Looking for other machines is switched off.</source>
        <translation>Die Suche nach anderen Rechnern ist ausgeschaltet.</translation>
    </message>
    <message>
        <source>Make a new link on the other machine; it is good once.</source>
        <translation>Erzeugen Sie auf dem anderen Rechner einen neuen Link; er gilt einmal.</translation>
    </message>
    <message>
        <source>Make a new link there.</source>
        <translation>Erzeugen Sie dort einen neuen Link.</translation>
    </message>
    <message>
        <source>Make it smaller or delete it, then sync again.</source>
        <translation>Verkleinern oder löschen Sie ihn, dann gleichen Sie noch einmal ab.</translation>
    </message>
    <message>
        <source>Make it, or name another.</source>
        <translation>Legen Sie ihn an, oder nennen Sie einen anderen.</translation>
    </message>
    <message>
        <source>Make one syncable: syncline make-syncable {0} TABLE</source>
        <translation>Machen Sie eine abgleichbar: syncline make-syncable {0} TABLE</translation>
    </message>
    <message>
        <source>More than {0} messages a second came; this hub takes no more.</source>
        <translation>Es kamen mehr als {0} Nachrichten in der Sekunde; mehr nimmt dieser Hub nicht.</translation>
    </message>
    <message>
        <source>Move it away, then enter the tokens of your peers again.</source>
        <translation>Räumen Sie sie weg, dann geben Sie die Token Ihrer Gegenstellen neu ein.</translation>
    </message>
    <message>
        <source>Needs you</source>
        <translation>Braucht Sie</translation>
    </message>
    <message>
        <source>No answer to the greeting within {0} s.</source>
        <translation>Keine Antwort auf die Begrüßung innerhalb von {0} s.</translation>
    </message>
    <message>
        <source>No database was given to compare with.</source>
        <translation>Es war keine Datenbank zum Vergleichen angegeben.</translation>
    </message>
    <message>
        <source>No schema change of the table “{0}” is under way.</source>
        <translation>Für die Tabelle „{0}“ ist keine Schemaänderung im Gange.</translation>
    </message>
    <message>
        <source>No table may be called “{0}”.</source>
        <translation>Keine Tabelle darf „{0}“ heißen.</translation>
    </message>
    <message>
        <source>Nor can {0}.</source>
        <translation>Auch nicht {0}.</translation>
    </message>
    <message>
        <source>Not in sync after {0} s.</source>
        <translation>Nach {0} s nicht abgeglichen.</translation>
    </message>
    <message>
        <source>Not tried.</source>
        <translation>Nicht versucht.</translation>
    </message>
    <message>
        <source>Nothing is shared, so nobody can come in.</source>
        <translation>Nichts ist freigegeben, daher kann niemand herein.</translation>
    </message>
    <message>
        <source>Nothing of what was sent has been taken for {0} s.</source>
        <translation>Von dem, was gesendet wurde, ist seit {0} s nichts genommen worden.</translation>
    </message>
    <message>
        <source>Nothing was written to the file.</source>
        <translation>In die Datei wurde nichts geschrieben.</translation>
    </message>
    <message>
        <source>Numbers in the message have the unknown form {0}.</source>
        <translation>Zahlen in der Nachricht haben die unbekannte Form {0}.</translation>
    </message>
    <message>
        <source>One begins with {0}://pair?</source>
        <translation>Einer beginnt mit {0}://pair?</translation>
    </message>
    <message>
        <source>One is a copy of the other: give it a new site id (syncline new-id).</source>
        <translation>Eine ist eine Kopie der anderen: Geben Sie ihr eine neue Kennung (syncline new-id).</translation>
    </message>
    <message>
        <source>Only reading is allowed here: the changes were not taken.</source>
        <translation>Hier ist nur Lesen erlaubt: Die Änderungen wurden nicht genommen.</translation>
    </message>
    <message>
        <source>Only wss:// addresses have a certificate.</source>
        <translation>Nur Adressen mit wss:// haben ein Zertifikat.</translation>
    </message>
    <message>
        <source>Only {0} would be synced.</source>
        <translation>Nur {0} würde abgeglichen.</translation>
    </message>
    <message>
        <source>Open it for writing.</source>
        <translation>Öffnen Sie sie zum Schreiben.</translation>
    </message>
    <message>
        <source>Open it once in the program that it belongs to, or sync it: both do that by themselves.</source>
        <translation>Öffnen Sie die Datei einmal in dem Programm, zu dem sie gehört, oder gleichen Sie sie ab: beides bringt sie von selbst in Ordnung.</translation>
    </message>
    <message>
        <source>Or: syncline new-id {0}</source>
        <translation>Oder: syncline new-id {0}</translation>
    </message>
    <message>
        <source>Over the connection that it made to this machine; one is enough.</source>
        <translation>Über die Verbindung, die es zu diesem Rechner aufgebaut hat; eine genügt.</translation>
    </message>
    <message>
        <source>Pair again, with a new link.</source>
        <translation>Koppeln Sie noch einmal, mit einem neuen Link.</translation>
    </message>
    <message>
        <source>Pair it as it is.</source>
        <translation>Koppeln Sie sie so, wie sie ist.</translation>
    </message>
    <message>
        <source>Pair it as it is; or give the name of a file that is not there.</source>
        <translation>Koppeln Sie sie so, wie sie ist, oder nennen Sie eine Datei, die es noch nicht gibt.</translation>
    </message>
    <message>
        <source>Paused {0}.</source>
        <translation>Angehalten {0}.</translation>
    </message>
    <message>
        <source>Peers in rooms.</source>
        <translation>Gegenstellen in Räumen.</translation>
    </message>
    <message>
        <source>Press Sync now.</source>
        <translation>Drücken Sie „Jetzt abgleichen“.</translation>
    </message>
    <message>
        <source>Programs with SQLite before 3.37 cannot open this file, because sync records in it are STRICT tables.</source>
        <translation>Programme mit SQLite vor 3.37 können diese Datei nicht öffnen, denn Aufzeichnungen des Abgleichs darin sind STRICT-Tabellen.</translation>
    </message>
    <message>
        <source>Programs with cr-sqlite&apos;s own extension cannot alter it, because of the name “{0}”.</source>
        <translation>Programme mit der Erweiterung von cr-sqlite selbst können sie nicht umbauen, wegen des Namens „{0}“.</translation>
    </message>
    <message>
        <source>Put the token into its own field.</source>
        <translation>Schreiben Sie das Token in sein eigenes Feld.</translation>
    </message>
    <message>
        <source>Remove it: nothing depends on it.</source>
        <translation>Entfernen Sie es: Nichts hängt davon ab.</translation>
    </message>
    <message>
        <source>Restore it from a backup.</source>
        <translation>Stellen Sie sie aus einer Sicherung wieder her.</translation>
    </message>
    <message>
        <source>Restore the file from a backup.</source>
        <translation>Stellen Sie die Datei aus einer Sicherung wieder her.</translation>
    </message>
    <message>
        <source>Rooms in sync with another hub, once for each hub.</source>
        <translation>Räume im Abgleich mit einem anderen Hub, einmal für jeden Hub.</translation>
    </message>
    <message>
        <source>Rooms that are open, with or without peers.</source>
        <translation>Offene Räume, mit oder ohne Gegenstellen.</translation>
    </message>
    <message>
        <source>Run it alone: SELECT {0}(…).</source>
        <translation>Führen Sie es allein aus: SELECT {0}(…).</translation>
    </message>
    <message>
        <source>Run the schema change between crsql_begin_alter and crsql_commit_alter.</source>
        <translation>Führen Sie die Schemaänderung zwischen crsql_begin_alter und crsql_commit_alter aus.</translation>
    </message>
    <message>
        <source>Set it anew: UPDATE crsql_master SET value = 0 WHERE key = &apos;{0}&apos;, with any SQLite program.</source>
        <translation>Setzen Sie sie neu: UPDATE crsql_master SET value = 0 WHERE key = &apos;{0}&apos;, mit irgendeinem SQLite-Programm.</translation>
    </message>
    <message>
        <source>Show a token for all rooms, as “Authorization: Bearer TOKEN”.</source>
        <translation>Zeigen Sie ein Token für alle Räume, als „Authorization: Bearer TOKEN“.</translation>
    </message>
    <message>
        <source>Something unexpected went wrong: {0}.</source>
        <translation>Etwas Unerwartetes ging schief: {0}.</translation>
    </message>
    <message>
        <source>Something went wrong in “{0}”: {1}.</source>
        <translation>In „{0}“ ging etwas schief: {1}.</translation>
    </message>
    <message>
        <source>Start Syncline from your desktop, or enter the token again.</source>
        <translation>Starten Sie Syncline von Ihrem Desktop aus, oder geben Sie das Token neu ein.</translation>
    </message>
    <message>
        <source>Switch it on in the settings.</source>
        <translation>Schalten Sie sie in den Einstellungen ein.</translation>
    </message>
    <message>
        <source>Switch sharing on for it first.</source>
        <translation>Geben Sie sie erst frei.</translation>
    </message>
    <message>
        <source>Sync now, or switch to live.</source>
        <translation>Gleichen Sie jetzt ab, oder bleiben Sie verbunden.</translation>
    </message>
    <message>
        <source>Sync records of an earlier table of this name, with another primary key, are still there.</source>
        <translation>Aufzeichnungen des Abgleichs einer früheren Tabelle dieses Namens, mit einem anderen Primärschlüssel, sind noch da.</translation>
    </message>
    <message>
        <source>Syncline asks for all of it once more.</source>
        <translation>Syncline fragt noch einmal nach allem darin.</translation>
    </message>
    <message>
        <source>Syncline goes on from what the file holds now.</source>
        <translation>Syncline geht von dem aus, was die Datei jetzt hat.</translation>
    </message>
    <message>
        <source>Syncline&apos;s settings.</source>
        <translation>Die Einstellungen von Syncline.</translation>
    </message>
    <message>
        <source>The address has a host or port that cannot be.</source>
        <translation>Die Adresse hat einen unmöglichen Rechner oder Port.</translation>
    </message>
    <message>
        <source>The address holds a user or a password.</source>
        <translation>Die Adresse enthält einen Benutzer oder ein Passwort.</translation>
    </message>
    <message>
        <source>The address {0} has the port 0.</source>
        <translation>Die Adresse {0} hat den Port 0.</translation>
    </message>
    <message>
        <source>The address {0} holds a “#”.</source>
        <translation>Die Adresse {0} enthält ein „#“.</translation>
    </message>
    <message>
        <source>The backup {0} is damaged.</source>
        <translation>Die Sicherung {0} ist beschädigt.</translation>
    </message>
    <message>
        <source>The certificate {0} cannot be used: the file is damaged.</source>
        <translation>Das Zertifikat {0} kann nicht verwendet werden: Die Datei ist beschädigt.</translation>
    </message>
    <message>
        <source>The certificate {0} could not be read or made: {1}.</source>
        <translation>Das Zertifikat {0} konnte nicht gelesen oder gemacht werden: {1}.</translation>
    </message>
    <message>
        <source>The certificate&apos;s fingerprint is not 64 hex digits.</source>
        <translation>Der Fingerabdruck des Zertifikats besteht nicht aus 64 Hexadezimalziffern.</translation>
    </message>
    <message>
        <source>The changes in the message are not as many as it says.</source>
        <translation>Die Änderungen in der Nachricht sind nicht so viele, wie sie angibt.</translation>
    </message>
    <message>
        <source>The client&apos;s greeting is not in the form of the protocol.</source>
        <translation>Die Begrüßung des Clients hat nicht die Form des Protokolls.</translation>
    </message>
    <message>
        <source>The client&apos;s greeting is not valid base64.</source>
        <translation>Die Begrüßung des Clients ist kein gültiges Base64.</translation>
    </message>
    <message>
        <source>The client&apos;s greeting names no room.</source>
        <translation>Die Begrüßung des Clients nennt keinen Raum.</translation>
    </message>
    <message>
        <source>The column {0} of the table {1} has the default {2} on this side and {3} on the other: in rows from before it came, each side may show its own.</source>
        <translation>Die Spalte {0} der Tabelle {1} hat auf dieser Seite den Vorgabewert {2} und auf der anderen {3}: In Zeilen, die älter sind als sie, kann jede Seite ihren eigenen zeigen.</translation>
    </message>
    <message>
        <source>The column {0} of the table {1} has the type {2} on this side and {3} on the other, which would change values.</source>
        <translation>Die Spalte {0} der Tabelle {1} hat auf dieser Seite den Typ {2} und auf der anderen {3}, was Werte verändern würde.</translation>
    </message>
    <message>
        <source>The connection that the other side made is enough.</source>
        <translation>Die Verbindung, die die Gegenseite aufgebaut hat, genügt.</translation>
    </message>
    <message>
        <source>The crsql_after functions are for triggers, which pass a table&apos;s name first.</source>
        <translation>Die Funktionen crsql_after sind für Trigger, die als Erstes den Namen einer Tabelle übergeben.</translation>
    </message>
    <message>
        <source>The file of the room “{0}” was taken away.</source>
        <translation>Die Datei des Raums „{0}“ wurde weggenommen.</translation>
    </message>
    <message>
        <source>The file on the other side</source>
        <translation>Die Datei auf der anderen Seite</translation>
    </message>
    <message>
        <source>The file was replaced.</source>
        <translation>Die Datei wurde ersetzt.</translation>
    </message>
    <message>
        <source>The file&apos;s clock of a peer went back: it was replaced or restored meanwhile.</source>
        <translation>Der Stand der Datei für eine Gegenstelle ging zurück: Sie wurde inzwischen ersetzt oder wiederhergestellt.</translation>
    </message>
    <message>
        <source>The file&apos;s version counter is used up, so that what is written now waits.</source>
        <translation>Der Versionszähler der Datei ist aufgebraucht; was jetzt geschrieben wird, wartet.</translation>
    </message>
    <message>
        <source>The file&apos;s version counter is used up.</source>
        <translation>Der Versionszähler der Datei ist verbraucht.</translation>
    </message>
    <message>
        <source>The hub cannot open this room&apos;s file.</source>
        <translation>Der Hub kann die Datei dieses Raums nicht öffnen.</translation>
    </message>
    <message>
        <source>The hub cannot read its tokens at the moment.</source>
        <translation>Der Hub kann seine Token im Augenblick nicht lesen.</translation>
    </message>
    <message>
        <source>The hub could not go on.</source>
        <translation>Der Hub konnte nicht weitermachen.</translation>
    </message>
    <message>
        <source>The hub did not open the room within {0} s.</source>
        <translation>Der Hub öffnete den Raum nicht innerhalb von {0} s.</translation>
    </message>
    <message>
        <source>The hub is going away.</source>
        <translation>Der Hub wird beendet.</translation>
    </message>
    <message>
        <source>The journal {0} cannot be read: {1}.</source>
        <translation>Das Protokoll {0} kann nicht gelesen werden: {1}.</translation>
    </message>
    <message>
        <source>The key column {0} of the table {1} has the collation {2} on this side and {3} on the other: some keys are one row on one side and two on the other.</source>
        <translation>Die Schlüsselspalte {0} der Tabelle {1} hat auf dieser Seite die Sortierfolge {2} und auf der anderen {3}: Manche Schlüssel sind auf der einen Seite eine Zeile und auf der anderen zwei.</translation>
    </message>
    <message>
        <source>The key column “{0}” has no type: 1 and 1.0 are one row, and where two replicas spell a key differently, each keeps its own spelling.</source>
        <translation>Die Schlüsselspalte „{0}“ hat keinen Typ: 1 und 1.0 sind eine Zeile, und wo zwei Replikate einen Schlüssel verschieden schreiben, behält jedes seine Schreibweise.</translation>
    </message>
    <message>
        <source>The key column “{0}” takes “x” and “X” (or “x” and “x ”) for one row, sync for two: where two replicas spell a key differently, one of the values is lost.</source>
        <translation>Die Schlüsselspalte „{0}“ hält „x“ und „X“ (oder „x“ und „x “) für eine Zeile, der Abgleich für zwei: Wo zwei Kopien einen Schlüssel verschieden schreiben, geht einer der Werte verloren.</translation>
    </message>
    <message>
        <source>The keys of all changes of a batch have {0} bytes; at most {1} are taken.</source>
        <translation>Die Schlüssel aller Änderungen eines Bündels haben {0} Bytes; höchstens {1} werden angenommen.</translation>
    </message>
    <message>
        <source>The message asks about {0} keys; at most {1} are looked up.</source>
        <translation>Die Nachricht fragt nach {0} Schlüsseln; höchstens {1} werden nachgeschlagen.</translation>
    </message>
    <message>
        <source>The message ends too early: it was cut, or it is no message of this protocol.</source>
        <translation>Die Nachricht endet zu früh: Sie wurde abgeschnitten, oder sie ist keine dieses Protokolls.</translation>
    </message>
    <message>
        <source>The message is followed by {0} bytes that belong to nothing.</source>
        <translation>Der Nachricht folgen {0} Bytes, die zu nichts gehören.</translation>
    </message>
    <message>
        <source>The message promises {0} elements, more than it has bytes for.</source>
        <translation>Die Nachricht verspricht {0} Elemente, mehr als sie Bytes dafür hat.</translation>
    </message>
    <message>
        <source>The message tells of {0} tables; at most {1} are taken.</source>
        <translation>Die Nachricht nennt {0} Tabellen; höchstens {1} werden angenommen.</translation>
    </message>
    <message>
        <source>The name {0}... is longer than {1} bytes and cannot be sent.</source>
        <translation>Der Name {0}... ist länger als {1} Bytes und kann nicht gesendet werden.</translation>
    </message>
    <message>
        <source>The name {0}... is longer than {1} bytes.</source>
        <translation>Der Name {0}... ist länger als {1} Bytes.</translation>
    </message>
    <message>
        <source>The network is metered.</source>
        <translation>Das Netz wird nach Verbrauch abgerechnet.</translation>
    </message>
    <message>
        <source>The other machine cannot be reached at {0}.</source>
        <translation>Der andere Rechner ist unter {0} nicht zu erreichen.</translation>
    </message>
    <message>
        <source>The other machine let us in, but gave no token.</source>
        <translation>Der andere Rechner ließ uns ein, gab aber kein Token.</translation>
    </message>
    <message>
        <source>The other side</source>
        <translation>Die andere Seite</translation>
    </message>
    <message>
        <source>The other side asked for rows of a table that is not on both sides.</source>
        <translation>Die andere Seite fragte nach Zeilen einer Tabelle, die nicht auf beiden Seiten ist.</translation>
    </message>
    <message>
        <source>The other side cannot keep its tokens at the moment.</source>
        <translation>Die andere Seite kann ihre Token im Augenblick nicht aufheben.</translation>
    </message>
    <message>
        <source>The other side closed with code {0}.</source>
        <translation>Die andere Seite schloss mit Code {0}.</translation>
    </message>
    <message>
        <source>The other side could not read a message: {0}</source>
        <translation>Die andere Seite konnte eine Nachricht nicht lesen: {0}</translation>
    </message>
    <message>
        <source>The other side could not read or write its file.</source>
        <translation>Die andere Seite konnte ihre Datei nicht lesen oder schreiben.</translation>
    </message>
    <message>
        <source>The other side did not greet.</source>
        <translation>Die andere Seite begrüßte nicht.</translation>
    </message>
    <message>
        <source>The other side has a change too large to send: {0}</source>
        <translation>Die andere Seite hat eine Änderung, die zum Senden zu groß ist: {0}</translation>
    </message>
    <message>
        <source>The other side has no synced table called “{0}”.</source>
        <translation>Die andere Seite hat keine abgeglichene Tabelle „{0}“.</translation>
    </message>
    <message>
        <source>The other side has not asked for our changes: it may be set to send only.</source>
        <translation>Die andere Seite hat nicht um unsere Änderungen gebeten: Vielleicht sendet sie nur.</translation>
    </message>
    <message>
        <source>The other side has the site id of this file: one is a copy of the other.</source>
        <translation>Die andere Seite hat die Kennung dieser Datei: Eine ist eine Kopie der anderen.</translation>
    </message>
    <message>
        <source>The other side has the site id of this room: one is a copy of the other.</source>
        <translation>Die andere Seite hat die Kennung dieses Raums: Eine ist eine Kopie der anderen.</translation>
    </message>
    <message>
        <source>The other side heard nothing from here for {0} s.</source>
        <translation>Die andere Seite hörte {0} s lang nichts von hier.</translation>
    </message>
    <message>
        <source>The other side is connected to this machine all the same.</source>
        <translation>Die Gegenseite ist trotzdem mit diesem Rechner verbunden.</translation>
    </message>
    <message>
        <source>The other side sent a message of more than {0}, which is too large to take.</source>
        <translation>Die andere Seite sandte eine Nachricht von mehr als {0}, zu groß zum Annehmen.</translation>
    </message>
    <message>
        <source>The other side sent something that is no message: {0}</source>
        <translation>Die andere Seite sandte etwas, das keine Nachricht ist: {0}</translation>
    </message>
    <message>
        <source>The other side told of a row that cannot be read.</source>
        <translation>Die andere Seite nannte eine Zeile, die nicht gelesen werden kann.</translation>
    </message>
    <message>
        <source>The other side told of a row with other columns.</source>
        <translation>Die andere Seite nannte eine Zeile mit anderen Spalten.</translation>
    </message>
    <message>
        <source>The other side told of other ranges than it was asked for.</source>
        <translation>Die andere Seite nannte andere Bereiche, als sie gefragt wurde.</translation>
    </message>
    <message>
        <source>The other side told of other rows than it was asked for.</source>
        <translation>Die andere Seite nannte andere Zeilen, als sie gefragt wurde.</translation>
    </message>
    <message>
        <source>The other side {0} this file, {1}</source>
        <translation>Die andere Seite {0} dieser Datei, {1}</translation>
    </message>
    <message>
        <source>The other side&apos;s tables cannot be made: {0}.</source>
        <translation>Die Tabellen der Gegenseite lassen sich nicht anlegen: {0}.</translation>
    </message>
    <message>
        <source>The peer has the same site id as this file.</source>
        <translation>Die Gegenstelle hat dieselbe Kennung wie diese Datei.</translation>
    </message>
    <message>
        <source>The peer sent a message of the unknown kind {0}.</source>
        <translation>Die Gegenstelle sandte eine Nachricht der unbekannten Art {0}.</translation>
    </message>
    <message>
        <source>The peer sent an empty frame.</source>
        <translation>Die Gegenstelle sandte eine leere Nachricht.</translation>
    </message>
    <message>
        <source>The peer sent text where a message of bytes belongs.</source>
        <translation>Die Gegenstelle sandte Text, wo eine Nachricht aus Bytes hingehört.</translation>
    </message>
    <message>
        <source>The peer&apos;s site id is not 16 bytes long, or it is that of this file.</source>
        <translation>Die Kennung der Gegenstelle ist nicht 16 Bytes lang, oder sie ist die dieser Datei.</translation>
    </message>
    <message>
        <source>The peer&apos;s site id is not 16 bytes long.</source>
        <translation>Die Kennung der Gegenstelle ist nicht 16 Bytes lang.</translation>
    </message>
    <message>
        <source>The peer&apos;s version is out of range: {0}.</source>
        <translation>Die Version der Gegenstelle liegt außerhalb des Möglichen: {0}.</translation>
    </message>
    <message>
        <source>The primary key of the table differs between the two sides.</source>
        <translation>Der Primärschlüssel der Tabelle ist auf den beiden Seiten verschieden.</translation>
    </message>
    <message>
        <source>The primary key of the table {0} is ({1}) on this side, and ({2}) on the other.</source>
        <translation>Der Primärschlüssel der Tabelle {0} ist ({1}) auf dieser Seite und ({2}) auf der anderen.</translation>
    </message>
    <message>
        <source>The request has more than one {0}.</source>
        <translation>In der Anfrage steht {0} mehr als einmal.</translation>
    </message>
    <message>
        <source>The request&apos;s Origin is no address.</source>
        <translation>Der „Origin“ der Anfrage ist keine Adresse.</translation>
    </message>
    <message>
        <source>The request&apos;s path is no path.</source>
        <translation>Der Pfad der Anfrage ist keiner.</translation>
    </message>
    <message>
        <source>The room name {0}.</source>
        <translation>Der Raumname {0}.</translation>
    </message>
    <message>
        <source>The room name “{0}” and the token together cannot be carried by the protocol.</source>
        <translation>Der Raumname „{0}“ und das Token zusammen passen nicht in das Protokoll.</translation>
    </message>
    <message>
        <source>The room {0} could not be made: {1}.</source>
        <translation>Der Raum {0} konnte nicht angelegt werden: {1}.</translation>
    </message>
    <message>
        <source>The room “{0}” has no syncable table yet.</source>
        <translation>Der Raum „{0}“ hat noch keine abgleichbare Tabelle.</translation>
    </message>
    <message>
        <source>The row in “{0}” is gone.</source>
        <translation>Die Zeile in „{0}“ ist weg.</translation>
    </message>
    <message>
        <source>The schema file {0} cannot be applied: {1}.</source>
        <translation>Die Schemadatei {0} kann nicht angewendet werden: {1}.</translation>
    </message>
    <message>
        <source>The schema would drop {0} rows or values.</source>
        <translation>Das Schema würde {0} Zeilen oder Werte wegwerfen.</translation>
    </message>
    <message>
        <source>The server did not answer the greeting: it may not know this room, or its schema differs.</source>
        <translation>Der Server antwortete nicht auf die Begrüßung: Vielleicht kennt er diesen Raum nicht, oder sein Schema ist ein anderes.</translation>
    </message>
    <message>
        <source>The server left a gap; greeting again.</source>
        <translation>Der Server ließ eine Lücke; es wird von neuem begrüßt.</translation>
    </message>
    <message>
        <source>The server missed a message; greeting again.</source>
        <translation>Dem Server entging eine Nachricht; es wird von neuem begrüßt.</translation>
    </message>
    <message>
        <source>The setting “{0}” is either 0 or 1.</source>
        <translation>Die Einstellung „{0}“ ist entweder 0 oder 1.</translation>
    </message>
    <message>
        <source>The setting “{0}” {1}.</source>
        <translation>Die Einstellung „{0}“ {1}.</translation>
    </message>
    <message>
        <source>The settings changed.</source>
        <translation>Die Einstellungen wurden geändert.</translation>
    </message>
    <message>
        <source>The settings in {0} cannot be used: {1}</source>
        <translation>Die Einstellungen in {0} können nicht verwendet werden: {1}</translation>
    </message>
    <message>
        <source>The settings in {0} could not be {1}: {2}.</source>
        <translation>Die Einstellungen in {0} konnten nicht {1} werden: {2}.</translation>
    </message>
    <message>
        <source>The settings in {0}, line {1} cannot be used: {2}</source>
        <translation>Die Einstellungen in {0}, Zeile {1}, können nicht verwendet werden: {2}</translation>
    </message>
    <message>
        <source>The system has no usable keyring, so tokens</source>
        <translation>Das System hat keinen brauchbaren Schlüsselbund; Token</translation>
    </message>
    <message>
        <source>The system&apos;s keyring does not hold the token any more.</source>
        <translation>Der Schlüsselbund des Systems enthält das Token nicht mehr.</translation>
    </message>
    <message>
        <source>The table {0} has not as many types as columns, and cannot be sent.</source>
        <translation>Die Tabelle {0} hat nicht so viele Typen wie Spalten und kann nicht gesendet werden.</translation>
    </message>
    <message>
        <source>The table {0} lacks the {1} {2} on {3}.</source>
        <translation>In der Tabelle {0} fehlt auf {3}: {1} {2}.</translation>
    </message>
    <message>
        <source>The table {0} takes values of its columns&apos; types only on {1}; it stops at any other.</source>
        <translation>Die Tabelle {0} nimmt auf {1} nur Werte vom Typ ihrer Spalten; bei anderen bleibt der Abgleich stehen.</translation>
    </message>
    <message>
        <source>The table {0} takes whole numbers only as keys on {1}; it stops at any other.</source>
        <translation>Die Tabelle {0} nimmt auf {1} nur ganze Zahlen als Schlüssel; bei anderen bleibt der Abgleich stehen.</translation>
    </message>
    <message>
        <source>The table “{0}” cannot be made syncable.</source>
        <translation>Die Tabelle „{0}“ kann nicht abgleichbar gemacht werden.</translation>
    </message>
    <message>
        <source>The table “{0}” cannot be synced any more.</source>
        <translation>Die Tabelle „{0}“ kann nicht mehr abgeglichen werden.</translation>
    </message>
    <message>
        <source>The table “{0}” cannot be synced on the other side: {1}.</source>
        <translation>Die Tabelle „{0}“ kann auf der anderen Seite nicht abgeglichen werden: {1}.</translation>
    </message>
    <message>
        <source>The table “{0}” cannot be synced: {1}.</source>
        <translation>Die Tabelle „{0}“ kann nicht abgeglichen werden: {1}.</translation>
    </message>
    <message>
        <source>The table “{0}” has no column “{1}” that can be synced on the other side.</source>
        <translation>Die Tabelle „{0}“ hat auf der anderen Seite keine Spalte „{1}“, die abgeglichen werden kann.</translation>
    </message>
    <message>
        <source>The table “{0}” has no whole primary key.</source>
        <translation>Die Tabelle „{0}“ hat keinen ganzen Primärschlüssel.</translation>
    </message>
    <message>
        <source>The table “{0}” has {1} columns; from 1 to {2} can be.</source>
        <translation>Die Tabelle „{0}“ hat {1} Spalten; 1 bis {2} sind möglich.</translation>
    </message>
    <message>
        <source>The table “{0}” of this file has no column “{1}” that can be synced.</source>
        <translation>Die Tabelle „{0}“ dieser Datei hat keine Spalte „{1}“, die abgeglichen werden kann.</translation>
    </message>
    <message>
        <source>The table “{0}” of this file refuses a row that another replica holds: {1}.</source>
        <translation>Die Tabelle „{0}“ dieser Datei lehnt eine Zeile ab, die eine andere Kopie hat: {1}.</translation>
    </message>
    <message>
        <source>The table “{0}” refuses a row of this file on the other side: {1}.</source>
        <translation>Die Tabelle „{0}“ lehnt auf der anderen Seite eine Zeile dieser Datei ab: {1}.</translation>
    </message>
    <message>
        <source>The table “{0}” refuses the old value: {1}.</source>
        <translation>Die Tabelle „{0}“ lehnt den alten Wert ab: {1}.</translation>
    </message>
    <message>
        <source>The table “{0}” was altered meanwhile.</source>
        <translation>Die Tabelle „{0}“ wurde inzwischen umgebaut.</translation>
    </message>
    <message>
        <source>The table “{0}” was changed without telling its sync triggers: they pass {1} values where {2} are needed.</source>
        <translation>Die Tabelle „{0}“ wurde geändert, ohne dass ihre Abgleich-Trigger davon wissen: Sie übergeben {1} Werte, wo {2} gebraucht werden.</translation>
    </message>
    <message>
        <source>The table “{0}” was made anew meanwhile.</source>
        <translation>Die Tabelle „{0}“ wurde inzwischen neu angelegt.</translation>
    </message>
    <message>
        <source>The tables cannot be made: {0}.</source>
        <translation>Die Tabellen können nicht angelegt werden: {0}.</translation>
    </message>
    <message>
        <source>The tables of the file were altered.</source>
        <translation>Die Tabellen der Datei wurden umgebaut.</translation>
    </message>
    <message>
        <source>The texts in the message are not as long as it says.</source>
        <translation>Die Texte in der Nachricht sind nicht so lang, wie sie angibt.</translation>
    </message>
    <message>
        <source>The token could not be {0} in the system&apos;s keyring: {1}.</source>
        <translation>Das Token konnte im Schlüsselbund des Systems nicht {0} werden: {1}.</translation>
    </message>
    <message>
        <source>The token has expired.</source>
        <translation>Das Token ist abgelaufen.</translation>
    </message>
    <message>
        <source>The token holds “,” or “=”, at which stock servers cut it off.</source>
        <translation>Das Token enthält „,“ oder „=“, wo Server von anderen es abschneiden.</translation>
    </message>
    <message>
        <source>The token is empty.</source>
        <translation>Das Token ist leer.</translation>
    </message>
    <message>
        <source>The token is in the system&apos;s keyring, which cannot be reached now.</source>
        <translation>Das Token liegt im Schlüsselbund des Systems, der jetzt nicht zu erreichen ist.</translation>
    </message>
    <message>
        <source>The token is longer than {0} characters.</source>
        <translation>Das Token ist länger als {0} Zeichen.</translation>
    </message>
    <message>
        <source>The token is not for this room.</source>
        <translation>Das Token ist nicht für diesen Raum.</translation>
    </message>
    <message>
        <source>The token only allows reading: what is written here stays here.</source>
        <translation>Das Token erlaubt nur zu lesen: Was hier geschrieben wird, bleibt hier.</translation>
    </message>
    <message>
        <source>The token was revoked.</source>
        <translation>Das Token wurde widerrufen.</translation>
    </message>
    <message>
        <source>The tokens in {0} cannot be used: the file is damaged.</source>
        <translation>Die Token in {0} können nicht verwendet werden: Die Datei ist beschädigt.</translation>
    </message>
    <message>
        <source>The tokens in {0} could not be {1}: {2}.</source>
        <translation>Die Token in {0} konnten nicht {1} werden: {2}.</translation>
    </message>
    <message>
        <source>The trigger “{0}” on “{1}” writes to “{2}” wherever a change arrives, and what it writes there is not sent: replicas can come to differ.</source>
        <translation>Der Trigger „{0}“ an „{1}“ schreibt überall in „{2}“, wo eine Änderung ankommt, und was er dort schreibt, wird nicht gesendet: Die Kopien können auseinanderlaufen.</translation>
    </message>
    <message>
        <source>The two sides have no table in common: {0} on this side, {1} on the other.</source>
        <translation>Die beiden Seiten haben keine Tabelle gemeinsam: {0} auf dieser Seite, {1} auf der anderen.</translation>
    </message>
    <message>
        <source>The two sides speak versions {0} and {1} of the protocol.</source>
        <translation>Die beiden Seiten sprechen die Versionen {0} und {1} des Protokolls.</translation>
    </message>
    <message>
        <source>There are: {0}.</source>
        <translation>Es gibt: {0}.</translation>
    </message>
    <message>
        <source>There is no database “{0}”.</source>
        <translation>Es gibt keine Datenbank „{0}“.</translation>
    </message>
    <message>
        <source>There is no folder {0}.</source>
        <translation>Es gibt keinen Ordner {0}.</translation>
    </message>
    <message>
        <source>There is no peer “{0}”.</source>
        <translation>Es gibt keine Gegenstelle „{0}“.</translation>
    </message>
    <message>
        <source>There is no setting called “{0}”; the only one is “{1}”.</source>
        <translation>Es gibt keine Einstellung „{0}“; die einzige ist „{1}“.</translation>
    </message>
    <message>
        <source>There is no setting “{0}”.</source>
        <translation>Es gibt keine Einstellung „{0}“.</translation>
    </message>
    <message>
        <source>There is no such table.</source>
        <translation>Diese Tabelle gibt es nicht.</translation>
    </message>
    <message>
        <source>There was no sign of life from the other side for {0} s.</source>
        <translation>Von der anderen Seite kam {0} s lang kein Lebenszeichen.</translation>
    </message>
    <message>
        <source>This file</source>
        <translation>Diese Datei</translation>
    </message>
    <message>
        <source>This file has no synced table called “{0}”.</source>
        <translation>Diese Datei hat keine abgeglichene Tabelle „{0}“.</translation>
    </message>
    <message>
        <source>This hub does not know the token.</source>
        <translation>Dieser Hub kennt das Token nicht.</translation>
    </message>
    <message>
        <source>This hub has all its {0} rooms in use; try again later.</source>
        <translation>Dieser Hub hat alle seine {0} Räume in Gebrauch; versuchen Sie es später noch einmal.</translation>
    </message>
    <message>
        <source>This hub has another version of the schema {0}: {1}, the other side {2}.</source>
        <translation>Dieser Hub hat eine andere Version des Schemas {0}: {1}, die andere Seite {2}.</translation>
    </message>
    <message>
        <source>This hub has no room “{0}”.</source>
        <translation>Dieser Hub hat keinen Raum „{0}“.</translation>
    </message>
    <message>
        <source>This hub has no schema {0}, and no room “{1}” yet.</source>
        <translation>Dieser Hub hat kein Schema {0} und noch keinen Raum „{1}“.</translation>
    </message>
    <message>
        <source>This hub makes no more than {0} rooms.</source>
        <translation>Dieser Hub legt nicht mehr als {0} Räume an.</translation>
    </message>
    <message>
        <source>This hub takes in as much as it can at the moment; try again later.</source>
        <translation>Dieser Hub nimmt gerade so viel auf, wie er kann; später geht es wieder.</translation>
    </message>
    <message>
        <source>This hub takes {0} connections from one address.</source>
        <translation>Dieser Hub nimmt {0} Verbindungen von einer Adresse.</translation>
    </message>
    <message>
        <source>This hub takes {0} peers in one room.</source>
        <translation>Dieser Hub nimmt {0} Gegenstellen in einen Raum.</translation>
    </message>
    <message>
        <source>This is no pairing link.</source>
        <translation>Das ist kein Kopplungslink.</translation>
    </message>
    <message>
        <source>This machine runs on its battery.</source>
        <translation>Dieser Rechner läuft mit Akku.</translation>
    </message>
    <message>
        <source>This pairing link cannot be used: {0}.</source>
        <translation>Dieser Kopplungslink kann nicht verwendet werden: {0}.</translation>
    </message>
    <message>
        <source>This pairing link was made by a newer Syncline.</source>
        <translation>Dieser Kopplungslink stammt von einem neueren Syncline.</translation>
    </message>
    <message>
        <source>This pairing link was used already, or its ten minutes are over.</source>
        <translation>Dieser Kopplungslink wurde schon benutzt, oder seine zehn Minuten sind um.</translation>
    </message>
    <message>
        <source>This room has schema {0} version {1}, the client {2} version {3}.</source>
        <translation>Dieser Raum hat das Schema {0} Version {1}, der Client {2} Version {3}.</translation>
    </message>
    <message>
        <source>This room is full: the hub keeps no more than {0} MB of it.</source>
        <translation>Dieser Raum ist voll: Der Hub hebt nicht mehr als {0} MB davon auf.</translation>
    </message>
    <message>
        <source>This side</source>
        <translation>Diese Seite</translation>
    </message>
    <message>
        <source>This side {0} the other side&apos;s file, {1}</source>
        <translation>Diese Seite {0} der Datei der anderen Seite, {1}</translation>
    </message>
    <message>
        <source>This write cannot be tracked: it goes to the table “{0}” of an attached file, whose sync records are kept only while it is opened by itself.</source>
        <translation>Diese Änderung kann nicht aufgezeichnet werden: Sie geht in die Tabelle „{0}“ einer angehängten Datei, für die nur aufgezeichnet wird, wenn sie für sich geöffnet ist.</translation>
    </message>
    <message>
        <source>This write cannot be tracked: it is by the sync triggers of the table “{0}”, and {1}.</source>
        <translation>Dieses Schreiben kann nicht verfolgt werden: Es geschieht durch die Abgleich-Trigger der Tabelle „{0}“, und {1}.</translation>
    </message>
    <message>
        <source>To mend it: syncline check --repair {0}</source>
        <translation>Zum Reparieren: syncline check --repair {0}</translation>
    </message>
    <message>
        <source>Tokens are kept in the system&apos;s keyring.</source>
        <translation>Token liegen im Schlüsselbund des Systems.</translation>
    </message>
    <message>
        <source>Too large for this peer: it does not take a message of this size.</source>
        <translation>Zu groß für diese Gegenstelle: Eine Nachricht dieser Größe nimmt sie nicht.</translation>
    </message>
    <message>
        <source>Too large for this peer: {0}</source>
        <translation>Zu groß für diese Gegenstelle: {0}</translation>
    </message>
    <message>
        <source>Try again when less is going on.</source>
        <translation>Versuchen Sie es noch einmal, wenn weniger los ist.</translation>
    </message>
    <message>
        <source>Try again.</source>
        <translation>Versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Try ws://{0}.</source>
        <translation>Versuchen Sie ws://{0}.</translation>
    </message>
    <message>
        <source>Two columns of the table “{0}” have the same name.</source>
        <translation>Zwei Spalten der Tabelle „{0}“ haben denselben Namen.</translation>
    </message>
    <message>
        <source>Two tables have the same name.</source>
        <translation>Zwei Tabellen haben denselben Namen.</translation>
    </message>
    <message>
        <source>Undo that; or, if it is meant, give it up: SELECT crsql_as_table(&apos;{0}&apos;).</source>
        <translation>Machen Sie das rückgängig; oder geben Sie sie auf, wenn es Absicht ist: SELECT crsql_as_table(&apos;{0}&apos;).</translation>
    </message>
    <message>
        <source>Unlock the keyring, then try again.</source>
        <translation>Entsperren Sie den Schlüsselbund, dann versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Update the older Syncline.</source>
        <translation>Bringen Sie das ältere Syncline auf den neuen Stand.</translation>
    </message>
    <message>
        <source>Use a token of letters, digits, &apos;-&apos;, &apos;_&apos; and &apos;.&apos;, without padding.</source>
        <translation>Verwenden Sie ein Token aus Buchstaben, Ziffern, „-“, „_“ und „.“, ohne Füllzeichen.</translation>
    </message>
    <message>
        <source>Use only letters, digits, &apos;_&apos; and &apos;-&apos; in both.</source>
        <translation>Verwenden Sie in beiden nur Buchstaben, Ziffern, „_“ und „-“.</translation>
    </message>
    <message>
        <source>Use ws://host:port/sync.</source>
        <translation>Verwenden Sie ws://host:port/sync.</translation>
    </message>
    <message>
        <source>Was its schema changed?</source>
        <translation>Wurde ihr Schema geändert?</translation>
    </message>
    <message>
        <source>What was sent is not taken in.</source>
        <translation>Was gesendet wurde, wird nicht angenommen.</translation>
    </message>
    <message>
        <source>When that is mended, it goes on by itself.</source>
        <translation>Sobald das behoben ist, geht es von selbst weiter.</translation>
    </message>
    <message>
        <source>With PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring set, Syncline keeps tokens in a file instead.</source>
        <translation>Mit PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring hebt Syncline Token stattdessen in einer Datei auf.</translation>
    </message>
    <message>
        <source>With this name, its changes only come when connecting anew.</source>
        <translation>Mit diesem Namen kommen seine Änderungen nur beim Verbinden.</translation>
    </message>
    <message>
        <source>Write keys in one spelling, or give the column a type.</source>
        <translation>Schreiben Sie Schlüssel einheitlich, oder geben Sie der Spalte einen Typ.</translation>
    </message>
    <message>
        <source>Write keys in one spelling.</source>
        <translation>Schreiben Sie Schlüssel einheitlich.</translation>
    </message>
    <message>
        <source>Write to that file over a connection of its own.</source>
        <translation>Schreiben Sie in diese Datei über eine eigene Verbindung.</translation>
    </message>
    <message>
        <source>Write wss:// in place of ws://.</source>
        <translation>Schreiben Sie wss:// statt ws://.</translation>
    </message>
    <message>
        <source>a cr-sqlite older than 0.15</source>
        <translation>einem cr-sqlite vor 0.15</translation>
    </message>
    <message>
        <source>a name or a default in its schema is not valid text</source>
        <translation>ein Name oder ein Vorgabewert in ihrem Schema ist kein gültiger Text</translation>
    </message>
    <message>
        <source>a row of “{0}”{1}</source>
        <translation>einer Zeile von „{0}“{1}</translation>
    </message>
    <message>
        <source>an expression</source>
        <translation>ein Ausdruck</translation>
    </message>
    <message>
        <source>another certificate</source>
        <translation>ein anderes Zertifikat</translation>
    </message>
    <message>
        <source>answer</source>
        <translation>die Antwort</translation>
    </message>
    <message>
        <source>any numbers as keys</source>
        <translation>beliebige Zahlen als Schlüssel</translation>
    </message>
    <message>
        <source>ask again</source>
        <translation>die neue Anfrage</translation>
    </message>
    <message>
        <source>but that is at {0}: it looks like it was restored from an older copy.</source>
        <translation>aber die ist bei {0}: Sie sieht aus wie aus einer älteren Kopie wiederhergestellt.</translation>
    </message>
    <message>
        <source>can be added here</source>
        <translation>kann hier ergänzt werden</translation>
    </message>
    <message>
        <source>column</source>
        <translation>die Spalte</translation>
    </message>
    <message>
        <source>columns</source>
        <translation>die Spalten</translation>
    </message>
    <message>
        <source>come to rest</source>
        <translation>das Zur-Ruhe-Kommen</translation>
    </message>
    <message>
        <source>cr-sqlite 0.15 or older</source>
        <translation>cr-sqlite 0.15 oder älter</translation>
    </message>
    <message>
        <source>default {0}</source>
        <translation>Vorgabe {0}</translation>
    </message>
    <message>
        <source>different: {0}{1} in {2}</source>
        <translation>verschieden: {0}{1} in {2}</translation>
    </message>
    <message>
        <source>ends like the files that SQLite keeps beside a database</source>
        <translation>endet wie die Dateien, die SQLite neben einer Datenbank führt</translation>
    </message>
    <message>
        <source>for {0} s</source>
        <translation>seit {0} s</translation>
    </message>
    <message>
        <source>has NULL in its key</source>
        <translation>hat NULL in ihrem Schlüssel</translation>
    </message>
    <message>
        <source>has a column name that is no text in UTF-8 of {0} bytes at most</source>
        <translation>hat einen Spaltennamen, der kein Text in UTF-8 von höchstens {0} Bytes ist</translation>
    </message>
    <message>
        <source>has a table name that is no text in UTF-8 of {0} bytes at most</source>
        <translation>hat einen Tabellennamen, der kein Text in UTF-8 von höchstens {0} Bytes ist</translation>
    </message>
    <message>
        <source>has a table that is no text, or a key that is no blob</source>
        <translation>hat eine Tabelle, die kein Text ist, oder einen Schlüssel, der kein Blob ist</translation>
    </message>
    <message>
        <source>has a value of an unknown type</source>
        <translation>hat einen Wert unbekannter Art</translation>
    </message>
    <message>
        <source>has a version out of range, one of {0}</source>
        <translation>hat eine Version außerhalb des Möglichen, eine von {0}</translation>
    </message>
    <message>
        <source>has an author of {0} bytes, not {1}</source>
        <translation>hat einen Urheber von {0} Bytes, nicht {1}</translation>
    </message>
    <message>
        <source>has an integer of more than 64 bits</source>
        <translation>hat eine ganze Zahl von mehr als 64 Bit</translation>
    </message>
    <message>
        <source>has no author</source>
        <translation>hat keinen Urheber</translation>
    </message>
    <message>
        <source>has seen version {0} of</source>
        <translation>hat Version {0} gesehen von</translation>
    </message>
    <message>
        <source>has to be changed on one of the sides</source>
        <translation>muss auf einer Seite geändert werden</translation>
    </message>
    <message>
        <source>holds a character outside Latin-1, which the protocol cannot carry</source>
        <translation>enthält ein Zeichen außerhalb von Latin-1, das das Protokoll nicht befördern kann</translation>
    </message>
    <message>
        <source>holds a control character</source>
        <translation>enthält ein Steuerzeichen</translation>
    </message>
    <message>
        <source>holds “{0}”, which hubs refuse</source>
        <translation>enthält „{0}“, was Hubs ablehnen</translation>
    </message>
    <message>
        <source>in entry {0} of {1}, {2}</source>
        <translation>im Eintrag {0} von {1}: {2}</translation>
    </message>
    <message>
        <source>is longer than {0} bytes</source>
        <translation>ist länger als {0} Bytes</translation>
    </message>
    <message>
        <source>is missing</source>
        <translation>fehlt</translation>
    </message>
    <message>
        <source>is the same as that of another entry</source>
        <translation>ist derselbe wie der eines anderen Eintrags</translation>
    </message>
    <message>
        <source>it could not be opened</source>
        <translation>er konnte nicht geöffnet werden</translation>
    </message>
    <message>
        <source>it did not answer within {0} s</source>
        <translation>er antwortete nicht innerhalb von {0} s</translation>
    </message>
    <message>
        <source>it did not say why.</source>
        <translation>er sagte nicht, warum.</translation>
    </message>
    <message>
        <source>it failed ({0})</source>
        <translation>er schlug fehl ({0})</translation>
    </message>
    <message>
        <source>it has more than {0} addresses</source>
        <translation>er hat mehr als {0} Adressen</translation>
    </message>
    <message>
        <source>it has sync records of a column that it does not have any more</source>
        <translation>sie hat Sync-Einträge zu einer Spalte, die sie nicht mehr hat</translation>
    </message>
    <message>
        <source>it is locked</source>
        <translation>er ist gesperrt</translation>
    </message>
    <message>
        <source>it is of version {0}</source>
        <translation>es ist von Version {0}</translation>
    </message>
    <message>
        <source>it is too long</source>
        <translation>er ist zu lang</translation>
    </message>
    <message>
        <source>it says something twice</source>
        <translation>er sagt etwas zweimal</translation>
    </message>
    <message>
        <source>it was unmounted, or another folder took its place</source>
        <translation>er wurde ausgehängt, oder ein anderer Ordner nahm seinen Platz ein</translation>
    </message>
    <message>
        <source>its certificate&apos;s fingerprint cannot be one</source>
        <translation>der Fingerabdruck seines Zertifikats kann keiner sein</translation>
    </message>
    <message>
        <source>its port cannot be one</source>
        <translation>sein Port kann keiner sein</translation>
    </message>
    <message>
        <source>its primary key was changed without crsql_begin_alter and crsql_commit_alter</source>
        <translation>ihr Primärschlüssel wurde ohne crsql_begin_alter und crsql_commit_alter geändert</translation>
    </message>
    <message>
        <source>its sync records are gone</source>
        <translation>ihre Aufzeichnungen des Abgleichs sind weg</translation>
    </message>
    <message>
        <source>its sync triggers are missing or were changed, so that what is written to it is not recorded</source>
        <translation>ihre Trigger für den Abgleich fehlen oder wurden geändert, sodass nicht aufgezeichnet wird, was in sie geschrieben wird</translation>
    </message>
    <message>
        <source>its token cannot be one</source>
        <translation>sein Token kann keines sein</translation>
    </message>
    <message>
        <source>key ({0})</source>
        <translation>Schlüssel ({0})</translation>
    </message>
    <message>
        <source>names the database {0}, which is not in the file</source>
        <translation>nennt die Datenbank {0}, die nicht in der Datei steht</translation>
    </message>
    <message>
        <source>no table</source>
        <translation>keine Tabelle</translation>
    </message>
    <message>
        <source>one of its addresses cannot be one</source>
        <translation>eine seiner Adressen kann keine sein</translation>
    </message>
    <message>
        <source>one of its triggers ({0}) keeps a row that another replica deleted</source>
        <translation>einer ihrer Trigger ({0}) behält eine Zeile, die eine andere Kopie gelöscht hat</translation>
    </message>
    <message>
        <source>one of its triggers ({0}) keeps out a row that another replica holds</source>
        <translation>einer ihrer Trigger ({0}) lässt eine Zeile nicht herein, die eine andere Kopie hat</translation>
    </message>
    <message>
        <source>one of its triggers ({0}) refuses a row that another replica holds: {1}</source>
        <translation>einer ihrer Trigger ({0}) lehnt eine Zeile ab, die eine andere Kopie hat: {1}</translation>
    </message>
    <message>
        <source>one transaction that wrote to “{0}”</source>
        <translation>einer Transaktion, die in „{0}“ schrieb</translation>
    </message>
    <message>
        <source>or more</source>
        <translation>oder mehr</translation>
    </message>
    <message>
        <source>read</source>
        <translation>gelesen</translation>
    </message>
    <message>
        <source>removed</source>
        <translation>entfernt</translation>
    </message>
    <message>
        <source>same rows, different history</source>
        <translation>dieselben Zeilen, anderer Verlauf</translation>
    </message>
    <message>
        <source>saved</source>
        <translation>gespeichert</translation>
    </message>
    <message>
        <source>send everything again</source>
        <translation>das erneute Senden</translation>
    </message>
    <message>
        <source>should be a port, from 0 to 65535</source>
        <translation>sollte ein Port von 0 bis 65535 sein</translation>
    </message>
    <message>
        <source>should be a text in quotes</source>
        <translation>sollte ein Text in Anführungszeichen sein</translation>
    </message>
    <message>
        <source>should be a whole number</source>
        <translation>sollte eine ganze Zahl sein</translation>
    </message>
    <message>
        <source>should be a whole path, from the root</source>
        <translation>sollte ein ganzer Pfad sein, von der Wurzel an</translation>
    </message>
    <message>
        <source>should be from {0} to {1} days</source>
        <translation>sollte {0} bis {1} Tage sein</translation>
    </message>
    <message>
        <source>should be one of {0}</source>
        <translation>sollte eines von {0} sein</translation>
    </message>
    <message>
        <source>should be tables, each one headed [[{0}]]</source>
        <translation>sollte aus Tabellen bestehen, jede mit der Überschrift [[{0}]]</translation>
    </message>
    <message>
        <source>should be true or false</source>
        <translation>sollte true oder false sein</translation>
    </message>
    <message>
        <source>should be “forever” or a date and time</source>
        <translation>sollte „forever“ oder ein Datum mit Uhrzeit sein</translation>
    </message>
    <message>
        <source>some keys are one row on one side and two on the other: not synced until it is the same on both sides</source>
        <translation>manche Schlüssel sind auf einer Seite eine Zeile und auf der anderen zwei: kein Abgleich, bis es auf beiden Seiten gleich ist</translation>
    </message>
    <message>
        <source>starts or ends with a space</source>
        <translation>beginnt oder endet mit einem Leerzeichen</translation>
    </message>
    <message>
        <source>starts with a dot, so its file on the hub would be hidden</source>
        <translation>beginnt mit einem Punkt, seine Datei auf dem Hub wäre also versteckt</translation>
    </message>
    <message>
        <source>synced, but a value that only one side takes stops it</source>
        <translation>wird abgeglichen, bleibt aber bei einem Wert stehen, den nur eine Seite nimmt</translation>
    </message>
    <message>
        <source>synced, but rows from before the column came may differ</source>
        <translation>wird abgeglichen, doch Zeilen, die älter sind als die Spalte, können sich unterscheiden</translation>
    </message>
    <message>
        <source>the folder does not exist</source>
        <translation>der Ordner ist nicht da</translation>
    </message>
    <message>
        <source>the folder was moved or deleted</source>
        <translation>der Ordner wurde verschoben oder gelöscht</translation>
    </message>
    <message>
        <source>the key “{0}” {1}.</source>
        <translation>der Schlüssel „{0}“ {1}.</translation>
    </message>
    <message>
        <source>the key “{0}”: {1}</source>
        <translation>Schlüssel „{0}“: {1}</translation>
    </message>
    <message>
        <source>the other side</source>
        <translation>der anderen Seite</translation>
    </message>
    <message>
        <source>the table itself is gone; only its sync records are left</source>
        <translation>die Tabelle selbst ist weg; nur ihre Aufzeichnungen des Abgleichs sind noch da</translation>
    </message>
    <message>
        <source>this is no valid TOML: {0}.</source>
        <translation>das ist kein gültiges TOML: {0}.</translation>
    </message>
    <message>
        <source>this machine</source>
        <translation>diesem Rechner</translation>
    </message>
    <message>
        <source>this side</source>
        <translation>dieser Seite</translation>
    </message>
    <message>
        <source>until resumed</source>
        <translation>bis zum Fortsetzen</translation>
    </message>
    <message>
        <source>until {0}</source>
        <translation>bis {0}</translation>
    </message>
    <message>
        <source>values would change on their way: not synced until it is the same on both sides</source>
        <translation>Werte würden sich unterwegs verändern: kein Abgleich, bis es auf beiden Seiten gleich ist</translation>
    </message>
    <message>
        <source>version 0.17, a fork of cr-sqlite with another layout</source>
        <translation>Version 0.17, einer Abspaltung von cr-sqlite mit anderem Aufbau</translation>
    </message>
    <message>
        <source>whole numbers only as keys</source>
        <translation>nur ganze Zahlen als Schlüssel</translation>
    </message>
    <message>
        <source>with this</source>
        <translation>mit diesem</translation>
    </message>
    <message>
        <source>without a</source>
        <translation>ohne</translation>
    </message>
    <message>
        <source>{0} (only on {1})</source>
        <translation>{0} (nur auf {1})</translation>
    </message>
    <message>
        <source>{0} MB</source>
        <translation>{0} MB</translation>
    </message>
    <message>
        <source>{0} MB in {1}; a message may have {2} MB.</source>
        <translation>{0} MB in {1}; eine Nachricht darf {2} MB haben.</translation>
    </message>
    <message>
        <source>{0} MB wait to be taken; this hub keeps {1} MB.</source>
        <translation>{0} MB warten darauf, genommen zu werden; dieser Hub hebt {1} MB auf.</translation>
    </message>
    <message>
        <source>{0} ORDER BY {1} LIMIT ?</source>
        <translation>{0} ORDER BY {1} LIMIT ?</translation>
    </message>
    <message>
        <source>{0} and {1} more</source>
        <translation>{0} und {1} weitere</translation>
    </message>
    <message>
        <source>{0} answered, but not as a sync server: {1}.</source>
        <translation>{0} antwortete, aber nicht wie ein Sync-Server: {1}.</translation>
    </message>
    <message>
        <source>{0} are kept in {1}, which only you can read.</source>
        <translation>{0} liegen in {1}, was nur Sie lesen können.</translation>
    </message>
    <message>
        <source>{0} at {1}</source>
        <translation>{0} auf {1}</translation>
    </message>
    <message>
        <source>{0} bytes</source>
        <translation>{0} Bytes</translation>
    </message>
    <message>
        <source>{0} came before AnnouncePresence.</source>
        <translation>{0} kam vor AnnouncePresence.</translation>
    </message>
    <message>
        <source>{0} came before Hello.</source>
        <translation>{0} kam vor Hello.</translation>
    </message>
    <message>
        <source>{0} came that were never asked for.</source>
        <translation>Es kamen {0}, um die nie gebeten wurde.</translation>
    </message>
    <message>
        <source>{0} came where tables were asked for.</source>
        <translation>{0} kam, wo nach Tabellen gefragt war.</translation>
    </message>
    <message>
        <source>{0} cannot be called inside a statement that writes.</source>
        <translation>{0} kann nicht in einer Anweisung aufgerufen werden, die schreibt.</translation>
    </message>
    <message>
        <source>{0} cannot be sent: a site id is 16 bytes.</source>
        <translation>{0} kann nicht gesendet werden: Eine Kennung hat 16 Bytes.</translation>
    </message>
    <message>
        <source>{0} cannot be sent: it is no well-formed text.</source>
        <translation>{0} kann nicht gesendet werden: Es ist kein wohlgeformter Text.</translation>
    </message>
    <message>
        <source>{0} cannot be sent: it is no whole number from 0 to 2^53 - 1.</source>
        <translation>{0} kann nicht gesendet werden: Es ist keine ganze Zahl von 0 bis 2^53 - 1.</translation>
    </message>
    <message>
        <source>{0} cannot be sent: it is no whole number of 64 bits.</source>
        <translation>{0} kann nicht gesendet werden: Es ist keine ganze Zahl von 64 Bit.</translation>
    </message>
    <message>
        <source>{0} cannot be sent: it is no whole number of at most 53 bits.</source>
        <translation>{0} kann nicht gesendet werden: Es ist keine ganze Zahl von höchstens 53 Bit.</translation>
    </message>
    <message>
        <source>{0} changes came in one message; this hub takes {1}.</source>
        <translation>In einer Nachricht kamen {0} Änderungen; dieser Hub nimmt {1}.</translation>
    </message>
    <message>
        <source>{0} columns</source>
        <translation>{0} Spalten</translation>
    </message>
    <message>
        <source>{0} could not be backed up to {1}: {2}.</source>
        <translation>{0} konnte nicht nach {1} gesichert werden: {2}.</translation>
    </message>
    <message>
        <source>{0} could not be written: {1}.</source>
        <translation>{0} konnte nicht geschrieben werden: {1}.</translation>
    </message>
    <message>
        <source>{0} did not answer within {1} s.</source>
        <translation>{0} antwortete nicht innerhalb von {1} s.</translation>
    </message>
    <message>
        <source>{0} did not tell of its tables within {1} s.</source>
        <translation>{0} nannte seine Tabellen nicht innerhalb von {1} s.</translation>
    </message>
    <message>
        <source>{0} did not {1} within {2} s.</source>
        <translation>{0}: {1} dauerte länger als {2} s.</translation>
    </message>
    <message>
        <source>{0} does not accept the token.{1}</source>
        <translation>{0} nimmt das Token nicht an.{1}</translation>
    </message>
    <message>
        <source>{0} does not belong here.</source>
        <translation>{0} gehört nicht hierher.</translation>
    </message>
    <message>
        <source>{0} does not belong to this dialect.</source>
        <translation>{0} gehört nicht zu diesem Dialekt.</translation>
    </message>
    <message>
        <source>{0} does not greet as a Syncline hub does.</source>
        <translation>{0} begrüßt nicht, wie ein Syncline-Hub es tut.</translation>
    </message>
    <message>
        <source>{0} does not speak WebSocket.</source>
        <translation>{0} spricht kein WebSocket.</translation>
    </message>
    <message>
        <source>{0} is no kind of a table.</source>
        <translation>{0} ist keine Art von Tabelle.</translation>
    </message>
    <message>
        <source>{0} is no type of a column.</source>
        <translation>{0} ist kein Typ einer Spalte.</translation>
    </message>
    <message>
        <source>{0} more rows wait.</source>
        <translation>{0} weitere Zeilen warten.</translation>
    </message>
    <message>
        <source>{0}: its version is used up, so that it waits.</source>
        <translation>{0}: Die Version ist aufgebraucht, daher wartet sie.</translation>
    </message>
    <message>
        <source>{0}: “{1}” is not valid text, so that the row waits.</source>
        <translation>{0}: „{1}“ ist kein gültiger Text, daher wartet die Zeile.</translation>
    </message>
    <message>
        <source>“syncline check --repair” changes that.</source>
        <translation>„syncline check --repair“ ändert das.</translation>
    </message>
    <message>
        <source>“{0}” cannot be used at the moment.</source>
        <translation>„{0}“ kann im Augenblick nicht verwendet werden.</translation>
    </message>
    <message>
        <source>“{0}” holds tables already.</source>
        <translation>„{0}“ enthält schon Tabellen.</translation>
    </message>
    <message>
        <source>“{0}” is not shared.</source>
        <translation>„{0}“ ist nicht freigegeben.</translation>
    </message>
    <message>
        <source>“{0}” is not synced, and refers to “{1}” with {2}: where sync deletes a row of “{3}”, the rows of “{4}” that refer to it stay as they are.</source>
        <translation>„{0}“ wird nicht abgeglichen und verweist mit {2} auf „{1}“: Wo der Abgleich eine Zeile von „{3}“ löscht, bleiben die Zeilen von „{4}“, die auf sie verweisen, wie sie sind.</translation>
    </message>
    <message>
        <source>“{0}” is not the file it was: it was replaced or restored meanwhile.</source>
        <translation>„{0}“ ist nicht mehr die Datei, die es war: Sie wurde inzwischen ersetzt oder wiederhergestellt.</translation>
    </message>
    <message>
        <source>“{0}” is not there any more.</source>
        <translation>„{0}“ ist nicht mehr da.</translation>
    </message>
    <message>
        <source>“{0}” was left half written by a program that crashed or was killed, and it has to be put back first.</source>
        <translation>„{0}“ wurde von einem abgestürzten oder abgebrochenen Programm halb geschrieben zurückgelassen und muss erst in Ordnung gebracht werden.</translation>
    </message>
    <message>
        <source>“{0}” was made by {1}; only files of cr-sqlite 0.16 can be synced.</source>
        <translation>„{0}“ stammt von {1}; nur Dateien von cr-sqlite 0.16 können abgeglichen werden.</translation>
    </message>
    <message>
        <source>“{0}” was opened only for reading.</source>
        <translation>„{0}“ wurde nur zum Lesen geöffnet.</translation>
    </message>
    <message>
        <source>“{0}” was replaced by another file meanwhile.</source>
        <translation>„{0}“ wurde inzwischen durch eine andere Datei ersetzt.</translation>
    </message>
    <message>
        <source>“{0}”, row {1}</source>
        <translation>„{0}“, Zeile {1}</translation>
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
        <source>Use letters, digits, &apos;_&apos; and &apos;-&apos;.</source>
        <translation>Verwenden Sie Buchstaben, Ziffern, „_“ und „-“.</translation>
    </message>
    <message>
        <source>Use {0}.</source>
        <translation>Verwenden Sie {0}.</translation>
    </message>
    <message>
        <source>The token holds a space or a character outside ASCII.</source>
        <translation>Das Token enthält ein Leerzeichen oder ein Zeichen außerhalb von ASCII.</translation>
    </message>
    <message>
        <source>Nothing is lost: it is synced as soon as both sides have the same columns.</source>
        <translation>Nichts geht verloren: Sie wird abgeglichen, sobald beide Seiten dieselben Spalten haben.</translation>
    </message>
    <message>
        <source>The room name “{0}” {1}.</source>
        <translation>Der Raumname „{0}“ {1}.</translation>
    </message>
    <message>
        <source>The version {0} is out of range: versions go from 0 to 2^53 - 1.</source>
        <translation>Die Version {0} liegt außerhalb des Bereichs: Versionen gehen von 0 bis 2^53 - 1.</translation>
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
        <source>When that has changed at the hub, this goes on by itself.</source>
        <translation>Sobald sich das beim Hub geändert hat, geht es von selbst weiter.</translation>
    </message>
    <message>
        <source>can be added there, from that side</source>
        <translation>kann dort ergänzt werden, von jener Seite aus</translation>
    </message>
    <message>
        <source>it is here, but not syncable</source>
        <translation>ist hier, aber nicht im Abgleich</translation>
    </message>
    <message>
        <source>it is not UTF-8 text.</source>
        <translation>sie ist kein Text in UTF-8.</translation>
    </message>
    <message>
        <source>not STRICT</source>
        <translation>nicht STRICT</translation>
    </message>
    <message>
        <source>nothing: both sides store the same values</source>
        <translation>nichts: beide Seiten speichern dieselben Werte</translation>
    </message>
    <message>
        <source>{0} has announced more changes, but sent none {1}.</source>
        <translation>{0} hat weitere Änderungen angekündigt, aber {1} keine gesendet.</translation>
    </message>
    <message>
        <source>{0} has no such room yet; the first sync makes it like this side&apos;s tables.</source>
        <translation>{0} hat diesen Raum noch nicht; der erste Abgleich legt ihn mit den Tabellen dieser Seite an.</translation>
    </message>
    <message>
        <source>{0} has not confirmed what was sent {1}.</source>
        <translation>{0} hat {1} nicht bestätigt, was gesendet wurde.</translation>
    </message>
    <message>
        <source>{0} hung up.</source>
        <translation>{0} legte auf.</translation>
    </message>
    <message>
        <source>{0} hung up: {1}</source>
        <translation>{0} legte auf: {1}</translation>
    </message>
    <message>
        <source>{0} is a WebSocket server, but takes no notice of the room.</source>
        <translation>{0} ist ein WebSocket-Server, beachtet den Raum aber nicht.</translation>
    </message>
    <message>
        <source>{0} is a published vlcn server, which needs the name of a schema, and {1} has none.</source>
        <translation>{0} ist ein veröffentlichter vlcn-Server, der den Namen eines Schemas braucht, und {1} hat keinen.</translation>
    </message>
    <message>
        <source>{0} is behind a SOCKS proxy, which needs another package.</source>
        <translation>{0} liegt hinter einem SOCKS-Proxy, wofür ein weiteres Paket nötig ist.</translation>
    </message>
    <message>
        <source>{0} is no Syncline, and cannot be asked what it holds.</source>
        <translation>{0} ist kein Syncline und kann nicht gefragt werden, was es hat.</translation>
    </message>
    <message>
        <source>{0} is no sync server: it answered with HTTP {1}.</source>
        <translation>{0} ist kein Sync-Server: Er antwortete mit HTTP {1}.</translation>
    </message>
    <message>
        <source>{0} is not connected.</source>
        <translation>{0} ist nicht verbunden.</translation>
    </message>
    <message>
        <source>{0} is not ready (HTTP {1}).{2}</source>
        <translation>{0} ist nicht bereit (HTTP {1}).{2}</translation>
    </message>
    <message>
        <source>{0} is only sent to: nothing is taken from it.</source>
        <translation>An {0} wird nur gesendet: Von dort wird nichts genommen.</translation>
    </message>
    <message>
        <source>{0} sends something that no sync server sends unasked.</source>
        <translation>{0} sendet etwas, das kein Sync-Server ungefragt sendet.</translation>
    </message>
    <message>
        <source>{0} shows another certificate than the one that was paired.</source>
        <translation>{0} zeigt ein anderes Zertifikat als das gekoppelte.</translation>
    </message>
    <message>
        <source>{0} speaks version {1} of the protocol, this Syncline {2}.</source>
        <translation>{0} spricht Version {1} des Protokolls, dieses Syncline {2}.</translation>
    </message>
    <message>
        <source>{0} takes no changes from here: one of the two sides only sends.</source>
        <translation>{0} nimmt keine Änderungen von hier: Eine der beiden Seiten sendet nur.</translation>
    </message>
    <message>
        <source>{0} waits {1} for changes that do not leave.</source>
        <translation>{0} wartet {1} auf Änderungen, die nicht abgehen.</translation>
    </message>
    <message>
        <source>{0} was copied, or restored from an older copy: it does not carry on where it was when the two sides last met.</source>
        <translation>{0} wurde kopiert oder aus einer älteren Kopie wiederhergestellt: Sie fährt nicht dort fort, wo sie war, als beide Seiten sich zuletzt trafen.</translation>
    </message>
    <message>
        <source>{0} was cut while it was asked.</source>
        <translation>Die Verbindung zu {0} riss während der Frage ab.</translation>
    </message>
    <message>
        <source>“{0}” could not be made durable: {1}.</source>
        <translation>„{0}“ konnte nicht dauerhaft gemacht werden: {1}.</translation>
    </message>
    <message>
        <source>“{0}” could not be read or written.</source>
        <translation>„{0}“ konnte nicht gelesen oder geschrieben werden.</translation>
    </message>
    <message>
        <source>“{0}” does not exist.</source>
        <translation>„{0}“ gibt es nicht.</translation>
    </message>
    <message>
        <source>“{0}” has a setting “{1}” that is no integer.</source>
        <translation>„{0}“ hat eine Einstellung „{1}“, die keine ganze Zahl ist.</translation>
    </message>
    <message>
        <source>“{0}” has a site id that is not 16 bytes long.</source>
        <translation>„{0}“ hat eine Kennung, die nicht 16 Bytes lang ist.</translation>
    </message>
    <message>
        <source>“{0}” has no synced column “{1}” in a table “{2}” any more.</source>
        <translation>„{0}“ hat keine abgeglichene Spalte „{1}“ in einer Tabelle „{2}“ mehr.</translation>
    </message>
    <message>
        <source>“{0}” holds text that is not valid UTF-8.</source>
        <translation>„{0}“ enthält Text, der kein gültiges UTF-8 ist.</translation>
    </message>
    <message>
        <source>“{0}” is a folder, not a database.</source>
        <translation>„{0}“ ist ein Ordner, keine Datenbank.</translation>
    </message>
    <message>
        <source>“{0}” is damaged.</source>
        <translation>„{0}“ ist beschädigt.</translation>
    </message>
    <message>
        <source>“{0}” is missing, so the end may have been cut off</source>
        <translation>„{0}“ fehlt, also ist vielleicht das Ende abgeschnitten</translation>
    </message>
    <message>
        <source>“{0}” is no WebSocket address.</source>
        <translation>„{0}“ ist keine WebSocket-Adresse.</translation>
    </message>
    <message>
        <source>“{0}” is no name for a table or column.</source>
        <translation>„{0}“ ist kein Name für eine Tabelle oder Spalte.</translation>
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
        <source>The language of the window.</source>
        <translation>Die Sprache des Fensters.</translation>
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
        <translation>Die unter „Teilen“ gewählten Datenbanken gekoppelten Rechnern anbieten.</translation>
    </message>
    <message>
        <source>In the local network</source>
        <translation>Im lokalen Netz</translation>
    </message>
    <message>
        <source>Let other machines in the network come in, not this one alone.</source>
        <translation>Auch andere Rechner im Netz hereinlassen, nicht nur diesen.</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>Port</translation>
    </message>
    <message>
        <source>Where paired machines find this one; 0 picks one, once.</source>
        <translation>Wo gekoppelte Rechner diesen finden; 0 wählt einmalig einen aus.</translation>
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
        <translation>Andere im Netz sehen lassen, dass dieser Rechner teilt, und nach ihnen suchen.</translation>
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
