"""A simulator of many replicas under bad weather, all of it drawn from one seed.

Real files and real sessions; only time and the network are made up. One run: a topology is built, a storm of writes and
faults blows over it, everything heals, and then all replicas must be equal. At no moment may a clock be ahead of its
data.

``timeline``  simulated time, and the log of what happened
``network``   connections: delay, stalls in one direction, cuts, bounded buffers
``files``     the files: made from a template, backed up, restored, written to at random
``unknowing`` what apps write to ordinary tables that know nothing of sync: SQL that runs in a process of its own
``records``   what is recorded of a table's rows, by its kind
``releases``  schema changes that reach the machines one by one
``spoil``     rows that cannot be sent for a while
``truth``     what is checked: clocks against data, digests; it reads with SQL of its own
``apps``      what apps write to a machine's file
``machine``   one running program: a replica, its listeners, its crashes
``driver``    what engine.transport.driver does for a session, on simulated time
``link``      who dials whom, and when again
``faults``    what happens to machines and networks
``world``     topologies, a run from a seed, what must hold at its end
``published`` models of the published server and client, with the defects of cr-sqlite.md 10.8

``python -m tests.faults.sim --topology ring --seed 7`` replays a run and prints its log; ``--long 3600`` looks for new
failures for an hour.
"""
