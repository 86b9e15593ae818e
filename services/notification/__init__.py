"""The notification service: tells organisations what happened to the handoffs they have a part in.

Owns notices (the inbox in the application), messages (e-mail and webhooks) with every attempt to deliver
them, webhook endpoints and their secrets, and each organisation's choice of what it is told by e-mail.
Hears the referral service's handoffs, the directory's organisations, services and refused places, and the
audit service's alarm. Tells `MessageDelivered`, `MessageGivenUp`, and who changed where messages go.
"""
