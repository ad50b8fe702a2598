/* A Vulkan driver that wraps lavapipe (Mesa's Vulkan on the CPU) and reports two features that Dawn requires.
 *
 * Dawn refuses adapters without two features about arrays of sampled images and storage images. Mesa 22.3's lavapipe
 * lacks them, and compute never uses them: they are reported here, and removed again when a device is created.
 * DRIVER is the path of the real driver. Only the loader's interface is used, so that no header of Vulkan is needed. */
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

typedef void (*Function)(void);
typedef Function (*Lookup)(void *instance, const char *name);

/* VkPhysicalDeviceFeatures is an array of 55 flags. */
enum { FLAGS = 55, SAMPLED_IMAGE_ARRAY_DYNAMIC_INDEXING = 34, STORAGE_IMAGE_ARRAY_DYNAMIC_INDEXING = 36 };
/* VkStructureType of VkPhysicalDeviceFeatures2. */
enum { FEATURES_2 = 1000059000 };

/* What every extensible structure of Vulkan begins with; the features of VkPhysicalDeviceFeatures2 follow it. */
struct Header {
  uint32_t type;
  struct Header *next;
};

/* VkDeviceCreateInfo. */
struct DeviceInfo {
  struct Header header;
  uint32_t flags, queueCount;
  const void *queues;
  uint32_t layerCount;
  const char *const *layers;
  uint32_t extensionCount;
  const char *const *extensions;
  const uint32_t *features;
};

static Function realFeatures, realFeatures2, realCreateDevice;

static Function ofDriver(const char *name) {
  static void *driver;
  if (!driver) driver = dlopen(DRIVER, RTLD_NOW | RTLD_LOCAL);
  return driver ? (Function)dlsym(driver, name) : 0;
}

static void set(uint32_t *features, uint32_t value) {
  features[SAMPLED_IMAGE_ARRAY_DYNAMIC_INDEXING] = features[STORAGE_IMAGE_ARRAY_DYNAMIC_INDEXING] = value;
}

static void features(void *device, uint32_t *out) {
  ((void (*)(void *, uint32_t *))realFeatures)(device, out);
  set(out, 1);
}

static void features2(void *device, struct Header *out) {
  ((void (*)(void *, struct Header *))realFeatures2)(device, out);
  set((uint32_t *)(out + 1), 1);
}

static int32_t createDevice(void *device, const struct DeviceInfo *info, const void *allocator, void **out) {
  struct DeviceInfo wanted = *info;
  uint32_t copy[FLAGS];
  if (wanted.features) {
    memcpy(copy, wanted.features, sizeof copy);
    set(copy, 0);
    wanted.features = copy;
  }
  for (struct Header *one = wanted.header.next; one; one = one->next)
    if (one->type == FEATURES_2) set((uint32_t *)(one + 1), 0);
  return ((int32_t(*)(void *, const struct DeviceInfo *, const void *, void **))realCreateDevice)(device, &wanted,
                                                                                                  allocator, out);
}

static Function instead(const char *name, Function found) {
  if (!found) return found;
  if (!strcmp(name, "vkGetPhysicalDeviceFeatures")) return realFeatures = found, (Function)features;
  if (!strncmp(name, "vkGetPhysicalDeviceFeatures2", 28)) return realFeatures2 = found, (Function)features2;
  if (!strcmp(name, "vkCreateDevice")) return realCreateDevice = found, (Function)createDevice;
  return found;
}

Function vk_icdGetInstanceProcAddr(void *instance, const char *name) {
  Lookup lookup = (Lookup)ofDriver("vk_icdGetInstanceProcAddr");
  return lookup ? instead(name, lookup(instance, name)) : 0;
}

Function vk_icdGetPhysicalDeviceProcAddr(void *instance, const char *name) {
  Lookup lookup = (Lookup)ofDriver("vk_icdGetPhysicalDeviceProcAddr");
  return lookup ? instead(name, lookup(instance, name)) : 0;
}

int32_t vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version) {
  int32_t (*negotiate)(uint32_t *) =
      (int32_t(*)(uint32_t *))ofDriver("vk_icdNegotiateLoaderICDInterfaceVersion");
  return negotiate ? negotiate(version) : -3; /* VK_ERROR_INITIALIZATION_FAILED */
}
