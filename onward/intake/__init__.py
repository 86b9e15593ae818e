"""Take events from partners' systems: each becomes the request to our own API that it stands for.

So there is one rule, one check and one handler for what is asked, however it came. What arrives over AMQP
passes through these steps: `reading` finds out what is asked and by whom, `sealing` opens what must not
be readable on the broker, `asking` puts it to the service's own application, `answering` tells the sender
what came of it on their own queue, and `listening` drives it all.
"""
