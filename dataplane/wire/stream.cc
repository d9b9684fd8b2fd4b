#include "dataplane/wire/stream.h"

#include <algorithm>

#include "dataplane/wire/message.h"

namespace tandem6::wire {

MutableBytes StreamDecoder::space() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_),
            buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  return MutableBytes(buffer_).subspan(end_);
}

std::optional<Bytes> StreamDecoder::next() {
  if (broken_ || end_ - begin_ < kSizeOctets) return std::nullopt;
  const size_t size = load_be16(&buffer_[begin_]);
  broken_ = size < MessageView::kHeaderSize || size > buffer_.size() - kSizeOctets;
  if (broken_ || end_ - begin_ - kSizeOctets < size) return std::nullopt;
  const Bytes message = Bytes(buffer_).subspan(begin_ + kSizeOctets, size);
  begin_ += kSizeOctets + size;
  return message;
}

}  // namespace tandem6::wire
