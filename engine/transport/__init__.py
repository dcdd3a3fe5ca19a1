"""Between sessions and sockets: connecting, driving a session, keepalive, queues and limits."""
