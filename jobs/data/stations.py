"""Makes the database of jobs/sql.toml: a year of readings. `python3 stations.py [FILE]`, by default stations.db beside it."""

import os
import sqlite3
import sys


def readings():
    """Month, day and temperature: quarters of a degree, warm in the middle of the year."""
    for month in range(1, 13):
        for day in range(1, 29 if month == 2 else 31):
            yield month, day, 20 - 3 * abs(month - 7) + (day * 7 % 9 - 4) / 4


def main():
    file = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "stations.db")
    if os.path.exists(file):
        os.remove(file)
    database = sqlite3.connect(file)
    with database:
        database.execute("create table readings (month integer, day integer, temperature real)")
        database.executemany("insert into readings values (?, ?, ?)", readings())
    database.close()


if __name__ == "__main__":
    main()
