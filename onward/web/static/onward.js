// progressive enhancement follows
