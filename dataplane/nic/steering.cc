#include "dataplane/nic/steering.h"

#include <rte_byteorder.h>
#include <rte_ethdev.h>
#include <rte_flow.h>

#include <numeric>
#include <vector>

#include "dataplane/wire/codes.h"

namespace tandem6::nic {

namespace {

// DHCPv6 to servers and relays -> RSS over all queues.
bool make_flow_rule(uint16_t port, uint16_t queues) {
  const rte_flow_attr ingress = [] {
    rte_flow_attr attributes{};
    attributes.ingress = 1;
    return attributes;
  }();
  rte_flow_item_udp udp{};
  rte_flow_item_udp mask{};
  udp.hdr.dst_port = rte_cpu_to_be_16(wire::kServerPort);
  mask.hdr.dst_port = 0xffff;
  const rte_flow_item pattern[] = {{RTE_FLOW_ITEM_TYPE_ETH, nullptr, nullptr, nullptr},
                                   {RTE_FLOW_ITEM_TYPE_IPV6, nullptr, nullptr, nullptr},
                                   {RTE_FLOW_ITEM_TYPE_UDP, &udp, nullptr, &mask},
                                   {RTE_FLOW_ITEM_TYPE_END, nullptr, nullptr, nullptr}};
  std::vector<uint16_t> all(queues);
  std::iota(all.begin(), all.end(), uint16_t{0});
  rte_flow_action_rss rss{};
  rss.types = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP;
  rss.queue_num = queues;
  rss.queue = all.data();
  const rte_flow_action actions[] = {{RTE_FLOW_ACTION_TYPE_RSS, &rss}, {RTE_FLOW_ACTION_TYPE_END, nullptr}};
  rte_flow_error error{};
  return rte_flow_validate(port, &ingress, pattern, actions, &error) == 0 &&
         rte_flow_create(port, &ingress, pattern, actions, &error) != nullptr;
}

}  // namespace

std::string_view to_string(Steering steering) {
  switch (steering) {
    case Steering::kOneQueue:
      return "one-queue";
    case Steering::kFlowRule:
      return "rte_flow";
    case Steering::kRss:
      return "rss";
    case Steering::kDevice:
      return "device";
  }
  return "?";
}

Steering steer(uint16_t port, uint16_t queues, bool rss) {
  if (queues == 1) return Steering::kOneQueue;
  if (make_flow_rule(port, queues)) return Steering::kFlowRule;
  return rss ? Steering::kRss : Steering::kDevice;
}

}  // namespace tandem6::nic
