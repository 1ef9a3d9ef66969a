/*
 * fields - the numbers of those fields of a body that code asks for by itself; it finds all others by their tables.
 *
 * Source   proto/kinds.md; the tables in proto/kinds use these names in their own rows
 * Law      a released number keeps its meaning for ever
 */
#ifndef KILIM_PROTO_KINDS_FIELDS_H
#define KILIM_PROTO_KINDS_FIELDS_H

/* Common to admission, approval, standing, removal and succession; an erasure has its own. */
enum vote_field { VOTE_CHARTER = 32, VOTE_SUBJECT };

enum charter_field { CHARTER_PARENT = 32, CHARTER_NAME, CHARTER_COORDINATORS = 40, CHARTER_ADMIT, CHARTER_QUOTAS, CHARTER_ROLL };
enum erasure_field { ERASURE_TARGET = 32, ERASURE_UP_TO, ERASURE_WHAT, ERASURE_REASON, ERASURE_CHARTER };
enum succession_field { SUCCESSION_NEW_KEY = 33, SUCCESSION_OLD_KEY };

enum node_field { NODE_NODES = 32, NODE_RETURN, NODE_BOX_KEY, NODE_STATISTICS, NODE_CHARTER, NODE_DROPPED };
enum node_item { NODE_ITEM_ID = 1, NODE_ITEM_MACHINE };
enum reach_field { REACH_ADDRESSES = 32, REACH_NODE };

enum letter_field { LETTER_BOXES = 32, LETTER_LOCKED };
enum letter_box { LETTER_BOX_TO = 1, LETTER_BOX_KEY };

enum flag_field { FLAG_ABOUT = 32 };

#endif
