"""Syncline's window and tray. Qt is imported here and nowhere else; there is no SQL and no socket here.

- ``app``, ``lifecycle``: start and end; ``single_instance``: one instance for each person
- ``crash_handler``, ``logs``: defects, and the log file; ``gc_timer``: collects garbage on this thread only
- ``bridge``: engine events to Qt signals; ``engine_state``: what they have reported so far
- ``commands``: a person's requests to engine calls
- ``window``, ``centre``, ``toolbar``, ``status_line``, ``message_bar``, ``tray``, ``notifier``: built from ``panels``
- ``topology``: the picture of what syncs with what
- ``panels``: tables and what surrounds them; ``models``: what they show; ``dialogs``, and ``dialog_controller``
- ``help_menu``: documents, version, about
- ``actions``: what window and tray share; ``summary``: all peers in one line; ``window_state``: last session's sizes
- ``database_choice``: the selected database; ``other_sync_reader``: whether another program syncs it too
- ``journal_reader``, ``clock_reader``, and as ``database_reader`` ``coverage_reader`` and ``conflicts``, which also
  carries out decisions: what panels show that is read from disk
- ``preferences``: puts settings into effect; ``power_monitor``: battery and network; ``desktop``: login, links
- ``language``: ``tr`` and ``said``; ``theme``: icons and colours
- ``demo``, ``demo_apps``, ``demo_machine``: the demos; ``todo``: the app of the first
- ``ui_gallery``: every window and state, for tests and ``screenshots``, with ``gallery_samples``;
  ``pairing_screenshots``
"""
