/*
 * limits - every maximum and minimum of the protocol and of the node, each with its reason.
 *
 * Source   proto/records.md, proto/sessions.md, proto/exchange.md
 * Law      a size chosen by somebody else meets a line of this file before it is parsed or stored
 */
#ifndef KILIM_PROTO_LIMITS_H
#define KILIM_PROTO_LIMITS_H

/* CBOR */
#define LIMIT_CBOR_DEPTH          8       /* deepest body we define is 4; a bound for every recursion */

/* records */
#define LIMIT_RECORD              65536   /* bytes of an envelope: the one size that admission knows */
#define LIMIT_BODY                8192    /* bytes of a body, where its kind says nothing else (author's side) */
#define LIMIT_BODY_LONG           32768   /* a pathway or a story with its languages: two screens of text in each of ten */
#define LIMIT_KEYS                5000    /* live keys of (organisation, collection, audience) */
#define LIMIT_KEYS_HARD           200000  /* what a charter may raise it to */
#define LIMIT_WRITES_DAY          2000    /* records of one author stamped within one day */
#define LIMIT_WRITES_DAY_HARD     200000
#define LIMIT_ERASURES            500     /* of one author, outside the quota */
#define LIMIT_FOREIGN_CHARTERS    4       /* of an author that is no coordinator, for each parent */
#define LIMIT_COORDINATORS        15
#define LIMIT_ROLL_ENTRIES        200     /* entries of one roll record: fits LIMIT_RECORD */
#define LIMIT_ROLLS               100     /* rolls named by one charter: 20,000 organisations */
#define LIMIT_NODES               16      /* nodes of one organisation */
#define LIMIT_ADDRESSES           4       /* literals of one reach record */

/* stamps and life */
#define LIMIT_FUTURE_MS           (10LL * 60 * 1000)          /* accepted at once */
#define LIMIT_ASIDE_MS            (24LL * 3600 * 1000)        /* waits aside until its time has come */
#define LIMIT_GRACE_DAYS          30      /* a version stays this long after its life has ended */

/* CoAP */
#define LIMIT_MESSAGE             1152    /* bytes of a CoAP message: one datagram on any path */
#define LIMIT_BLOCK               1024    /* bytes of a block (SZX 6) */
#define LIMIT_BLOCK_SZX           6
#define LIMIT_TOKEN               8
#define LIMIT_IDS                 120     /* short ids of a message: 960 bytes */
#define LIMIT_ANSWER              (256 * 1024)   /* bytes of an answer that is read block by block */
#define LIMIT_JOIN                2048    /* bytes of a message of a stranger */
#define LIMIT_REQUESTS_S          20      /* requests a second and session that are not pulls */
#define LIMIT_REQUESTS_BURST      60
#define LIMIT_REFUSED_S           100     /* refused as too many; then a session is not heard for the rest of the second */
#define LIMIT_PULL_BYTES_S        (32 * 1024 * 1024)  /* bytes a second and session that we answer to pulls */
#define LIMIT_PULL_LEAST          (8 * 1024)          /* what a pull counts at least: short answers are work too */
#define LIMIT_LOOK_BYTES          256     /* and for each id that is looked up, asked for or offered */
#define LIMIT_SCAN_S              100000  /* records a second that we look at one by one for a node: 3 % of a processor */
#define LIMIT_SCAN_BURST          4000000 /* at once: a visit of a million records, down the whole ladder */
#define LIMIT_OPEN_REQUESTS       32      /* requests of ours that wait for an answer, a session */
#define LIMIT_OBSERVATIONS        4       /* of a session, each way: there is one path to observe */
#define LIMIT_DEDUP               64      /* confirmable messages remembered, a session */

/* DTLS */
#define LIMIT_SESSIONS            128
#define LIMIT_SESSIONS_HARD       512
#define LIMIT_SESSIONS_MEMBER     4
#define LIMIT_STRANGERS_MIN       5       /* handshakes a minute, a /32 or /56, that end with an unknown key */
#define LIMIT_STRANGERS_BURST     10
#define LIMIT_IDLE_MS             (10 * 60 * 1000)
#define LIMIT_CERTIFICATE         1024    /* bytes of a peer's certificate; ours have about 300 */

/* questions to other nodes */
#define LIMIT_QUESTION            1024    /* bytes: it fits a datagram */
#define LIMIT_TABLE               (64 * 1024)    /* bytes of the answer */
#define LIMIT_FIND_COST           20000   /* of the scan rate, for one search of another node: five a second */
#define LIMIT_TABLE_SCAN          2000000 /* postings that are read for one question of another node */

/* joining */
#define LIMIT_INVITE_DAYS         7
#define LIMIT_INVITE_TRIES        5
#define LIMIT_INVITES             1000    /* open at a node */
#define LIMIT_NAME                200     /* bytes of an organisation's or a network's name */

/* control socket */
#define LIMIT_CONTROL_BODY        (64 * 1024 * 1024)   /* bytes of a request: a batch of many records */

/* what comes in from other directories */
#define LIMIT_IMPORT              (32 * 1024 * 1024)   /* bytes of all files of one import */
#define LIMIT_IMPORT_FILES        64
#define LIMIT_IMPORT_ROWS         100000  /* objects or rows of one import, its smallest parts too */
#define LIMIT_IMPORT_OBJECT       (256 * 1024)   /* bytes of one object, with all that is in it */
#define LIMIT_IMPORT_CELL         65536   /* bytes of one cell of a table */
#define LIMIT_IMPORT_COLUMNS      256
#define LIMIT_IMPORT_FAULTS       1000    /* that are named; the others are counted */
#define LIMIT_CONFIG              65536   /* bytes of kilim.conf and of each drop-in */

#endif
