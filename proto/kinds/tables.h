/*
 * tables - what the rows of several kinds share: code lists, nested tables, and the rows themselves.
 *
 * Source   proto/kinds.md
 * Law      a released code or field number keeps its meaning for ever; what is new gets a new one
 */
#ifndef KILIM_PROTO_KINDS_TABLES_H
#define KILIM_PROTO_KINDS_TABLES_H

#include "proto/kind.h"
#include "proto/kinds/fields.h"
#include "proto/limits.h"
#include "proto/territory.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define GROUP(table) .fields = (table), .field_count = COUNT(table)

/* Code lists, proto/kinds/codes.c; territories are in proto/territory.c. */
extern const struct code_list class_codes, entry_codes, action_codes, reason_codes, erased_codes, erasure_reason_codes;
extern const struct code_list method_codes, provenance_codes, status_codes;
extern const struct code_list relation_codes, actor_codes, size_codes, group_codes, accessibility_codes;
extern const struct code_list service_codes, channel_codes, phone_codes, location_codes, disclosure_codes;
extern const struct code_list place_level_codes, place_status_codes, safety_codes, situation_codes, evidence_codes;
extern const struct code_list severity_codes, flag_codes, confirmed_codes, claim_codes;
extern const struct code_list category_codes, need_codes, offer_codes, urgency_codes, condition_codes, basis_codes;
extern const struct code_list proficiency_codes, format_codes, event_codes, mode_codes, opportunity_codes;
extern const struct code_list initiative_codes, scope_codes;
/* All of the above and the territories, for the walk over every row. */
extern const struct code_list *const code_lists[];
extern const size_t code_lists_count;

/* Nested tables that more than one kind has, proto/kinds/common.c. */
extern const struct field phone_fields[5];
extern const struct field contact_fields[5];
extern const struct field url_fields[2];

extern const struct kind kind_charter, kind_roll, kind_approval, kind_admission, kind_standing, kind_removal,
	kind_succession, kind_erasure, kind_node, kind_reach, kind_receipt;
extern const struct kind kind_organisation, kind_service, kind_location, kind_program, kind_place, kind_taxonomy,
	kind_term, kind_pathway, kind_endorsement, kind_notice, kind_flag, kind_claim, kind_translation, kind_letter;
extern const struct kind kind_need, kind_offer, kind_expertise, kind_event, kind_opportunity, kind_initiative,
	kind_comment, kind_group, kind_story;

/* Rules that two rows share: a named person in a contact needs her consent; ERR_INPUT "consent". */
enum err_code check_contacts(const struct record *r, uint64_t number, struct err *e);
/* The entry that the reference at NUMBER names is another author's; ERR_INPUT "self". */
enum err_code check_of_others(const struct kind *k, const struct record *r, uint64_t number, struct err *e);

#endif
