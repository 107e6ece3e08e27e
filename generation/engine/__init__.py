"""What the runner is made of: claim, call, finish, and how it ends where there is no picture."""
