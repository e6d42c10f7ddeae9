// What Swift cannot say of ISA-L's structures: it does not import arrays as large as those inside them, nor
// constants that are expressions.
#pragma once
#include <isa-l.h>
#include <stddef.h>
#include <string.h>

/// Bytes of working memory that level 2 or 3 of compression wants beside the stream.
static inline uint32_t upconv_isal_level_bytes(uint32_t level) {
  return level <= 2 ? ISAL_DEF_LVL2_DEFAULT : ISAL_DEF_LVL3_DEFAULT;
}

/// Whether the last byte of the stream has been written.
static inline int upconv_isal_is_ended(const struct isal_zstream *stream) {
  return stream->internal_state.state == ZSTATE_END;
}

/// Bytes of an inflate state without the decoded bytes inside it, which come last.
static inline size_t upconv_isal_bytes_before_decoded(void) {
  return offsetof(struct inflate_state, tmp_out_buffer);
}

/// Hands out bytes that are decoded and wait inside `state`, without decoding further; how many.
static inline uint32_t upconv_isal_take_decoded(struct inflate_state *state, uint8_t *output, uint32_t room) {
  uint32_t count = state->tmp_out_valid - state->tmp_out_processed;
  if (count > room) count = room;
  memcpy(output, state->tmp_out_buffer + state->tmp_out_processed, count);
  state->tmp_out_processed += count;
  return count;
}
