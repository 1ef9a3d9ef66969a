#!/usr/bin/python3
"""bench_query_peers - the same services and searches in SQLite FTS5 and in Xapian, as each is best used: prepared statement,
prefix index, stop at ten; positions left out; all in memory. Both get the folded words that our own index has, since neither
folds all letters of the region. Time of the processor, as bench_query takes it.

Prints "NAME VALUE UNIT" for each, and "peer NAME VALUE" for the faster of both. FTS5 has no slips of the keyboard; Xapian asks
its dictionary for one spelling. Needs python3-xapian; without it FTS5 alone is measured. Usage: bench_query_peers BUILD [RECORDS]
"""
import os
import sqlite3
import subprocess
import sys
import tempfile
import time

try:
    import xapian
except ImportError:
    xapian = None

SIZES = [(20000, "20k"), (199000, "200k")]


def read(build, records):
    documents, queries = [], {"exact": [], "prefix": [], "typo": []}
    text = subprocess.run([os.path.join(build, "bench", "bench_query"), "print", str(records)], check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    for line in text.splitlines():
        sort, _, words = line.partition(" ")
        if sort == "d":
            documents.append(words)
        else:
            queries[sort].append(words.split())
    return documents, queries


def percentile(took, share):
    return sorted(took)[len(took) * share // 100]


def measure(run, queries):
    took = []
    for query in queries:
        run(query)                                     # the second is warm
        begin = time.thread_time()
        run(query)
        took.append((time.thread_time() - begin) * 1000)
    return took


def fts5(documents):
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(x, content='', tokenize='ascii', prefix='4', detail=none)")
    db.executemany("INSERT INTO t(rowid, x) VALUES (?, ?)", enumerate(documents, 1))
    db.execute("INSERT INTO t(t) VALUES ('optimize')")
    ask = "SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT 10"
    return {"exact": lambda q: db.execute(ask, (" OR ".join(q),)).fetchall(),
            "prefix": lambda q: db.execute(ask, (" OR ".join(q) + "*",)).fetchall()}


def xapian_index(documents, directory):
    db = xapian.WritableDatabase(directory, xapian.DB_CREATE_OR_OVERWRITE)
    for words in documents:
        document = xapian.Document()
        for word in words.split():
            document.add_term(word)
            db.add_spelling(word)
        db.add_document(document)
    db.commit()
    db.close()
    db = xapian.Database(directory)
    parser = xapian.QueryParser()
    parser.set_database(db)
    enquire = xapian.Enquire(db)

    def find(query):
        enquire.set_query(query)
        return [m.docid for m in enquire.get_mset(0, 10)]

    def words(q):
        return xapian.Query(xapian.Query.OP_OR, q)

    return {"exact": lambda q: find(words(q)),
            "prefix": lambda q: find(parser.parse_query(" ".join(q), xapian.QueryParser.FLAG_PARTIAL)),
            "typo": lambda q: find(words([db.get_spelling_suggestion(w).decode() or w for w in q]))}


def main():
    build, only = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None
    for records, name in SIZES:
        if only and records != only:
            continue
        documents, queries = read(build, records)
        with tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
            engines = {"fts5": fts5(documents)}
            if xapian:
                engines["xapian"] = xapian_index(documents, directory)
            for sort, asked in queries.items():
                best = None
                for engine, runs in engines.items():
                    if sort not in runs:
                        continue
                    took = percentile(measure(runs[sort], asked), 95)
                    print("search.%s_%s_%s_p95_ms %.4f ms" % (engine, name, sort, took), flush=True)
                    best = took if best is None else min(best, took)
                if best is not None:
                    print("peer search.%s_%s_p95_ms %.4f" % (name, sort, best), flush=True)


main()
