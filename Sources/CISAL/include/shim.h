// What Swift cannot say of ISA-L's structures: it does not import arrays as large as those inside them, nor
// constants that are expressions.
#pragma once
#include <isa-l.h>
#include <stddef.h>
#include <string.h>

/// Bytes of working memory that level 2 or 3 of compression wants beside the stream.
static inline uint32_t upconv_isal_level_bytes(uint32_t level) {
  return level <= 2 ? ISAL_DEF_LVL2_EXTRA_LARGE : ISAL_DEF_LVL3_DEFAULT;
}

/// Whether the last byte of the stream has been written.
static inline int upconv_isal_is_ended(const struct isal_zstream *stream) {
  return stream->internal_state.state == ZSTATE_END;
}

/// Bytes of an inflate state without the decoded bytes inside it, which come last.
static inline size_t upconv_isal_bytes_before_decoded(void) {
  return offsetof(struct inflate_state, tmp_out_buffer);
}

/// The decoded bytes inside `state`, of which `tmp_out_valid` are there; what is to come refers back to the last 32 KiB.
static inline const uint8_t *upconv_isal_decoded(const struct inflate_state *state) {
  return state->tmp_out_buffer;
}

/// Drops all decoded bytes but the last 32 KiB.
static inline void upconv_isal_keep_window(struct inflate_state *state) {
  if (state->tmp_out_valid <= ISAL_DEF_HIST_SIZE) return;
  memmove(state->tmp_out_buffer, state->tmp_out_buffer + state->tmp_out_valid - ISAL_DEF_HIST_SIZE, ISAL_DEF_HIST_SIZE);
  state->tmp_out_valid = ISAL_DEF_HIST_SIZE;
}
